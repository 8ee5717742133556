"""What can be in the audit trail."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """Kind of deed."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    TOKEN_ISSUED = "token_issued"  # noqa: S105 - the action's name
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the action's name
    SECOND_FACTOR_SET = "second_factor_set"
    ACCOUNT_OPENED = "account_opened"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_RESET = "account_reset"
    KEY_ISSUED = "key_issued"
    KEY_REVOKED = "key_revoked"
    CHANNEL_ADDED = "channel_added"
    CHANNEL_REMOVED = "channel_removed"
    UNMASKED = "unmasked"
    WHEREABOUTS_READ = "whereabouts_read"
    EXPORTED = "exported"
    ERASED = "erased"
    RETENTION_APPLIED = "retention_applied"
    KEYS_ROTATED = "keys_rotated"
    EVENT_REPORTED = "event_reported"
    EVENT_MOVED = "event_moved"
    PHOTO_ADDED = "photo_added"
    DUTY_CHANGED = "duty_changed"
    MAP_DRAWN = "map_drawn"
    LOADED = "loaded"
    PLAN_PUBLISHED = "plan_published"
    AUDIT_READ = "audit_read"
    AUDIT_PRUNED = "audit_pruned"
