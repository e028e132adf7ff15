import { readFileSync } from "node:fs";
import { type GivenRule, PRESETS, parseFaultsFile, presetNamed, type Rule } from "@ccm/baiducloud-simulator";
import { type Command, InvalidArgumentError } from "commander";
import { parse as parseYaml } from "yaml";
import { addWhereOptions, callAdmin, reporting, WHERE_HELP, type Where } from "./admin-client.ts";
import { examples } from "./examples.ts";

interface AddOptions extends Where {
  readonly preset: readonly string[];
  readonly file?: string;
  readonly id?: string;
  readonly effect?: string;
  readonly set: Readonly<Record<string, unknown>>;
  readonly match: Readonly<Record<string, unknown>>;
}

const EXAMPLES = `${WHERE_HELP}
Examples:
  cloudlab faults add --preset lost-answers
  cloudlab faults add --match product=blb --match nth=3 --effect error --set status=503 --set retryAfter=2
  cloudlab faults add --match operation='Create*' --effect error-after --set how=reset
  cloudlab faults add --file faults.yaml
  cloudlab faults mutate delete lb-1a2b3c4d
  cloudlab faults mutate add-listener lb-1a2b3c4d --set port=8443
  cloudlab faults list
  cloudlab faults remove fault-1
`;

/** `name=value`, the value as YAML reads it: a number, a list, a text. */
const pair = (text: string, before: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const [, name, value] = /^([A-Za-z]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("expected name=value.");
  try {
    return { ...before, [name]: parseYaml(value) as unknown };
  } catch {
    return { ...before, [name]: value };
  }
};
const several = (text: string, before: readonly string[]): readonly string[] => [...before, text];

/** `cloudlab faults`: switches the misbehaviour of a simulator that runs. */
export function addFaultsCommand(program: Command, setExitCode: (code: number) => void): void {
  const faults = program
    .command("faults")
    .description("makes a simulator that runs misbehave, by rules")
    .addHelpText("after", EXAMPLES);
  const command = (name: string, about: string): Command =>
    addWhereOptions(faults.command(name).description(about)).addHelpText("after", EXAMPLES);
  const run = (job: () => Promise<void>) => reporting(job, setExitCode);

  command("list", "the rules, and how often each has struck")
    .option("--json", "as JSON", false)
    .action((options: Where & { readonly json: boolean }) =>
      run(async () => {
        const { rules } = await callAdmin<{ rules: readonly Rule[] }>(options, "GET", "/faults");
        print(options.json ? JSON.stringify({ rules }) : tableOf(rules));
      }),
    );
  command("add", "adds rules: of a preset, of a file, or one that is written here")
    .option("--preset <name>", `one of ${Object.keys(PRESETS).join(", ")}`, several, [])
    .option("--file <file>", "rules, as YAML")
    .option("--id <id>", "name of the rule")
    .option("--match <name=value>", "which calls: product, operation, resource, nth, probability, …", pair, {})
    .option("--effect <kind>", "what happens to them: error, error-after, latency, throttle, lag, stuck, …")
    .option("--set <name=value>", "a field of the effect", pair, {})
    .action((options: AddOptions) =>
      run(async () => {
        for (const rule of rulesOf(options)) print((await callAdmin<Rule>(options, "POST", "/faults", rule)).id);
      }),
    );
  command("remove", "removes rules")
    .argument("<id...>", "of `list`")
    .action((ids: readonly string[], options: Where) =>
      run(async () => {
        for (const id of ids) await callAdmin(options, "DELETE", `/faults/${encodeURIComponent(id)}`);
      }),
    );
  command("clear", "removes all rules").action((options: Where) =>
    run(async () => {
      await callAdmin(options, "DELETE", "/faults");
    }),
  );
  command("mutate", "changes something behind the client's back: delete, rename, retag, add-listener, unbind-eip, call")
    .argument("<action>")
    .argument("[resource]", "an id, or an address")
    .option("--set <name=value>", "name, tags, protocol, port, backendPort, …", pair, {})
    .action((action: string, resource: string | undefined, options: Where & { readonly set: object }) =>
      run(async () => {
        await callAdmin(options, "POST", "/mutations", { action, ...(resource ? { resource } : {}), ...options.set });
      }),
    );
  faults
    .command("presets")
    .description("rules to choose from")
    .addHelpText("after", examples("faults presets"))
    .action(() => {
      for (const [name, { about }] of Object.entries(PRESETS)) print(`${name.padEnd(14)} ${about}`);
    });
}

function rulesOf({ preset, file, id, effect, set, match }: AddOptions): readonly GivenRule[] {
  const rules = [
    ...preset.flatMap(presetNamed),
    ...(file === undefined ? [] : parseFaultsFile(readFileSync(file, "utf8"))),
    ...(effect === undefined ? [] : [{ ...(id === undefined ? {} : { id }), match, effect: { kind: effect, ...set } }]),
  ];
  if (rules.length === 0) throw new Error("expected --preset, --file or --effect");
  return rules;
}

function tableOf(rules: readonly Rule[]): string {
  if (rules.length === 0) return "no rules: the cloud behaves";
  const rows = rules.map(({ id, enabled, fired, match, effect }) => {
    const state = enabled ? `fired ${fired}` : `off, fired ${fired}`;
    return [id, state, JSON.stringify(match), JSON.stringify(effect)];
  });
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")).join("\n");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
