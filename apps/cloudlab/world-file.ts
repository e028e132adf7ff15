import { readFileSync } from "node:fs";
import { type GivenWorld, readWorld } from "@ccm/baiducloud-simulator";
import { errorText } from "@ccm/base";

/** The world of a file. What is wrong in it is said when it is applied, all at once; throws for what cannot be read. */
export function worldFrom(file: string): GivenWorld {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`${file}: ${errorText(error)}`);
  }
  return readWorld(text, file);
}
