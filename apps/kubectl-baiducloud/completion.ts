import type { Command, Option } from "commander";
import { NAME } from "./io.ts";

/** kubectl: for `kubectl baiducloud …` in whatever shell kubectl completes for. */
export const SHELLS = ["bash", "zsh", "fish", "kubectl"] as const;
export type Shell = (typeof SHELLS)[number];

/** Asks for candidates: the last word is the one that is being typed. */
export const ASK = "__complete";

/** A script that completes by asking the command itself, so that it never is older than the command. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case "bash":
      return `# Completion of ${NAME} for bash:  source <(${NAME} completion bash)
_kubectl_baiducloud() {
  local candidates
  candidates=$(${NAME} ${ASK} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=($(compgen -W "$candidates" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _kubectl_baiducloud ${NAME}
`;
    case "zsh":
      return `#compdef ${NAME}
# Completion of ${NAME} for zsh:  source <(${NAME} completion zsh)
_kubectl_baiducloud() {
  local -a candidates
  candidates=(\${(f)"$(${NAME} ${ASK} "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  (( $#candidates )) && compadd -- $candidates || _files
}
compdef _kubectl_baiducloud ${NAME}
`;
    case "fish":
      return `# Completion of ${NAME} for fish:  ${NAME} completion fish | source
function __kubectl_baiducloud_complete
  set -l words (commandline -opc) (commandline -ct)
  ${NAME} ${ASK} $words[2..-1] 2>/dev/null
end
complete -c ${NAME} -f -a "(__kubectl_baiducloud_complete)"
`;
    case "kubectl":
      return `#!/bin/sh
# Completion of kubectl baiducloud: an executable kubectl_complete-baiducloud in the PATH.
exec ${NAME} ${ASK} "$@"
`;
  }
}

/** What may stand where the last word is, but for names of the cluster. None: one of those, or a file. */
export function candidates(program: Command, words: readonly string[]): readonly string[] {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const command = commandAt(program, before);
  if (command.commands.length > 0) {
    return fitting(
      command.commands.map((one) => one.name()).filter((name) => name !== ASK),
      typed,
    );
  }
  const options = command.options.filter(({ hidden }) => !hidden);
  const asked = expecting(options, before.at(-1));
  if (asked) return fitting(asked.argChoices ?? [], typed);
  if (typed.startsWith("-")) return fitting(["--help", ...options.flatMap(({ long }) => long ?? [])], typed);
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  return fitting(
    [...choices, ...(command.name() === "explain" && !typed.includes("/") ? ["service/", "node/"] : [])],
    typed,
  );
}

/** The innermost command that the words name. */
function commandAt(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) command = command.commands.find((one) => one.name() === word) ?? command;
  return command;
}

/** The option whose value comes next. */
function expecting(options: readonly Option[], word: string | undefined): Option | undefined {
  const option = options.find(({ long, short }) => word !== undefined && (word === long || word === short));
  return option && !option.isBoolean() ? option : undefined;
}

function fitting(all: readonly string[], typed: string): readonly string[] {
  return all.filter((one) => one.startsWith(typed));
}
