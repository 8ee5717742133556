// Photos as the phone takes them, made small enough to be taken in.

/** Bytes from which a photo is drawn smaller; what is sent as it is tells when it was taken. */
const MOST_BYTES = 8_000_000;
const LONGEST_SIDE_PX = 2_560;
const TAKEN = ['image/jpeg', 'image/png', 'image/webp'];

/**
 * A photo the service takes: as it is when it can be, else drawn anew.
 *
 * @param {File} file
 * @returns {Promise<Blob>}
 * @throws {Error} when it is no picture that this browser can read
 */
export async function photoOf(file) {
  if (TAKEN.includes(file.type) && file.size <= MOST_BYTES) return file;
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/jpeg', 0.85),
  );
}
