import { readFileSync } from "node:fs";
import { parseRecording, replay } from "@ccm/baiducloud-simulator";
import { errorText } from "@ccm/base";
import type { Command } from "commander";
import { examples } from "./examples.ts";

const SHOWN = 20;

/** `cloudlab replay`: exit code 0 when all answers are as recorded, 1 when some are not, 2 for a file that is no recording. */
export function addReplayCommand(program: Command, setExitCode: (code: number) => void): void {
  program
    .command("replay")
    .argument("<file>", "of `cloudlab baiducloud --record`")
    .description("makes the recorded calls again, in a new simulator under a virtual clock, and compares the answers")
    .addHelpText("after", examples("baiducloud --record calls.jsonl", "replay calls.jsonl"))
    .action(async (file: string) => {
      setExitCode(await replayFile(file));
    });
}

async function replayFile(file: string): Promise<number> {
  let recording: ReturnType<typeof parseRecording>;
  try {
    recording = parseRecording(readFileSync(file, "utf8"));
  } catch (error) {
    process.stderr.write(`cloudlab: ${file}: ${errorText(error)}\n`);
    return 2;
  }
  const { sent, skipped, differences } = await replay(recording);
  for (const { line, call, expected, got } of differences.slice(0, SHOWN)) {
    process.stdout.write(`${file}:${line}: ${call}\n  recorded ${expected}\n  now      ${got}\n`);
  }
  if (differences.length > SHOWN) process.stdout.write(`… and ${differences.length - SHOWN} more\n`);
  process.stdout.write(`${sent} calls replayed, ${skipped} left out, ${differences.length} answered otherwise\n`);
  return differences.length === 0 ? 0 : 1;
}
