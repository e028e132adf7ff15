import { Option } from "commander";
import { toggle } from "./flag-spec.ts";
import { UsageError } from "./usage-error.ts";

/** A flag of a command's forerunner: still taken, so that its manifests need no change, and without effect. */
export interface FormerFlag {
  /** Without dashes. */
  readonly name: string;
  /** May stand without a value. */
  readonly boolean?: true;
  /** The one value that means what is done anyway; others are refused. Default: any value. */
  readonly only?: string;
  /** Where to look instead, for a value that is refused. */
  readonly instead?: string;
}

/** Not in the help: nobody new should use it. */
export function formerOption({ name, boolean, only, instead }: FormerFlag): Option {
  const option = new Option(`--${name} <value>`).hideHelp();
  return option.argParser((value: string): string => {
    if (boolean) toggle(name, "", false).parse(value, undefined);
    if (only === undefined || value === only) return value;
    const hint = instead === undefined ? "" : `; see --${instead}`;
    throw new UsageError(`--${name} "${value}": expected ${only}${hint}`);
  });
}
