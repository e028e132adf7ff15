import { closeSync, openSync, writeSync } from "node:fs";
import { basename, join } from "node:path";

const BLOCK = 512;

/**
 * Writes the regular files of a tar into a folder, executable, under their base names, so that no path in an archive can
 * lead elsewhere. Links, folders and the extra headers of long names are passed over.
 */
export async function extractFiles(tar: AsyncIterable<Uint8Array>, folder: string): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let file: number | undefined;
  /** Bytes of the current entry still to come, and of the padding after it. */
  let left = 0;
  let padding = 0;
  try {
    for await (const chunk of tar) {
      rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk);
      while (rest.length > 0) {
        if (left > 0) {
          const part = rest.subarray(0, left);
          if (file !== undefined) writeSync(file, part);
          left -= part.length;
          rest = rest.subarray(part.length);
        } else if (padding > 0) {
          const part = Math.min(padding, rest.length);
          padding -= part;
          rest = rest.subarray(part);
        } else {
          if (file !== undefined) closeSync(file);
          file = undefined;
          if (rest.length < BLOCK) break;
          const header = rest.subarray(0, BLOCK);
          rest = rest.subarray(BLOCK);
          left = Number.parseInt(field(header, 124, 12), 8) || 0;
          padding = (BLOCK - (left % BLOCK)) % BLOCK;
          const name = basename(field(header, 0, 100));
          const isRegular = ["0", ""].includes(field(header, 156, 1));
          if (isRegular && name && name !== "..") file = openSync(join(folder, name), "wx", 0o755);
        }
      }
    }
    if (left > 0) throw new Error("the archive ends in the middle of a file");
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function field(header: Buffer, start: number, length: number): string {
  return (
    header
      .subarray(start, start + length)
      .toString("latin1")
      .split("\0")[0]
      ?.trim() ?? ""
  );
}
