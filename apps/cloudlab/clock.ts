import { type Command, InvalidArgumentError } from "commander";
import { addWhereOptions, callAdmin, reporting, WHERE_HELP, type Where } from "./admin-client.ts";

interface ClockView {
  readonly now: string;
  readonly nowMs: number;
  readonly kind: "real" | "scaled" | "stepped";
  readonly pace: number;
}

const EXAMPLES = `${WHERE_HELP}
Examples:
  cloudlab clock
  cloudlab clock advance 5m
  cloudlab clock advance 1h30m
  cloudlab clock set 2026-02-01T00:00:00Z
`;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const duration = (text: string): number => {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text))
    throw new InvalidArgumentError("expected a duration, such as 5m, 1h30m, 2d or 250ms.");
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  return Math.round(parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0));
};

const moment = (text: string): number => {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isFinite(at)) throw new InvalidArgumentError("expected a time, such as 2026-02-01T00:00:00Z.");
  return at;
};

/** `cloudlab clock`: shows the time of a simulator that runs, and moves it forward. */
export function addClockCommand(program: Command, setExitCode: (code: number) => void): void {
  const clock = program.command("clock").description("shows the cloud's time of a simulator that runs, and moves it");
  const run = (job: () => Promise<void>) => reporting(job, setExitCode);
  const advance = async (where: Where, advanceMs: number) =>
    print(await callAdmin<ClockView>(where, "POST", "/clock", { advanceMs }));
  const command = (name: string, about: string): Command =>
    addWhereOptions(clock.command(name, name === "show" ? { isDefault: true } : {}).description(about)).addHelpText(
      "after",
      EXAMPLES,
    );
  clock.addHelpText("after", EXAMPLES);
  command("show", "the time, and how fast it runs; what `cloudlab clock` does without a word")
    .option("--json", "as JSON", false)
    .action((options: Where & { readonly json: boolean }) =>
      run(async () => {
        const view = await callAdmin<ClockView>(options, "GET", "/clock");
        if (options.json) process.stdout.write(`${JSON.stringify(view)}\n`);
        else print(view);
      }),
    );
  command("advance", "moves it forward, and returns when all that fell due has happened")
    .argument("<duration>", "such as 5m, 1h30m, 2d or 250ms", duration)
    .action((ms: number, options: Where) => run(() => advance(options, ms)));
  command("set", "moves it forward to a time")
    .argument("<time>", "such as 2026-02-01T00:00:00Z", moment)
    .action((at: number, options: Where) =>
      run(async () => {
        const { now, nowMs } = await callAdmin<ClockView>(options, "GET", "/clock");
        if (at < nowMs) throw new Error(`the cloud's time is ${now}: it only goes forward`);
        await advance(options, at - nowMs);
      }),
    );
}

function print({ now, kind, pace }: ClockView): void {
  const how = kind === "scaled" ? `${pace} times as fast as real time` : kind === "real" ? "real time" : "stands still";
  process.stdout.write(`${now}  ${how}\n`);
}
