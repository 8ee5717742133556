"""What happens, told to browsers and programs as it happens, within what they may see."""
