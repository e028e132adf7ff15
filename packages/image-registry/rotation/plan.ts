import type { Observed, RotationRecord, RotationRequest, SecretView, Step } from "./types.ts";
import { loginOf, robotMark } from "./types.ts";

/**
 * What is left to do, in order, from what there is: the same after a crash as without one. Empty when all is done.
 * Steps behind a `prove`, `watch`, `rest` or `stop` are what follows when that has ended well.
 */
export function planRotation(request: RotationRequest, observed: Observed): readonly Step[] {
  const { record, secrets, now } = observed;
  const old = carrying(secrets, "old");
  const left = old.filter((one) => !mayChange(one));
  if (!record && left.length === old.length) return stop(left.map((one) => stillUses(one, request.from)));
  const todo = secrets.filter((one) => mayChange(one) && one.entries.some(({ carries }) => carries !== "new"));
  const replacedAt = todo.length > 0 ? undefined : record?.replacedAt;
  return [
    ...stop(conflictsOf(request, observed)),
    ...(record ? [] : [{ do: "begin" } as const]),
    ...credentialSteps(request, observed),
    ...stop(failureLines(observed)),
    ...replaceSteps(todo, record),
    ...(replacedAt === undefined ? [{ do: "mark-replaced" } as const] : []),
    ...endOfOld(request, observed, left, replacedAt, now),
    { do: "finish" },
  ];
}

/** The way back: the old login into the Secrets that had it, then the end of the new one. */
export function planRollback(request: RotationRequest, observed: Observed): readonly Step[] {
  const { record, secrets, now } = observed;
  if (!record) return [];
  const restores = secrets.flatMap((one) => {
    const before = record.previous[keyOf(one)] ?? {};
    const keys = one.entries.filter(({ key, carries }) => carries === "new" && before[key]).map(({ key }) => key);
    const step = { do: "restore", namespace: one.namespace, name: one.name, keys } as const;
    return keys.length > 0 && one.kept === undefined ? [step] : [];
  });
  const isGone = record.from.startsWith("ccr$") && !observed.old && restores.length > 0;
  const restored = new Set(restores.map(keyOf));
  const left = carrying(secrets, "new").filter((one) => !restored.has(keyOf(one)));
  const restoredAt = restores.length > 0 ? undefined : record.restoredAt;
  const login = loginOf(record.to);
  const isOurs = observed.new?.description === robotMark(record);
  return [
    ...stop(isGone ? [`${record.from} has been deleted: there is no way back; rotate to another robot instead`] : []),
    ...(observed.old?.disable ? [{ do: "enable-old", login: record.from } as const] : []),
    ...restores,
    ...(restoredAt === undefined ? [{ do: "mark-restored" } as const] : []),
    ...(isOurs
      ? [
          ...stop(left.map((one) => stillUses(one, login))),
          ...wait("watch", request.graceMs, restoredAt, now),
          { do: "delete-new", login } as const,
        ]
      : []),
    { do: "finish" },
  ];
}

/** What makes the whole rotation impossible as it was asked for. */
function conflictsOf({ from, to }: RotationRequest, { record, new: robot, old, secrets }: Observed): readonly string[] {
  const login = loginOf(to);
  if (login === from) return [`${login} is the login of now: expected another name`];
  if (record && (record.from !== from || loginOf(record.to) !== login)) {
    const other = `a rotation of ${record.from} to ${loginOf(record.to)} is under way`;
    return [`${other}: let it end, or take it back with --rollback, before another`];
  }
  const lines: string[] = [];
  if (robot && robot.description !== (record && robotMark(record))) {
    lines.push(`${login} is there already, and not from this rotation: choose another name`);
  }
  if (to.kind === "robot" && !to.permissions && !old && !robot) {
    lines.push(`${from} is no robot of this registry: say with --project what ${login} may pull`);
  }
  if (to.kind === "user") {
    for (const one of secrets.filter(({ entries }) => entries.some(({ carries }) => carries === "stale"))) {
      const secret = `Secret ${keyOf(one)} logs in as ${login} already`;
      lines.push(`${secret}, with a password that would end at once: rotate ${login} to a robot first`);
    }
  }
  return lines;
}

/** Until the look at the registry says that the new login can pull. */
function credentialSteps({ to }: RotationRequest, { new: robot, proof }: Observed): readonly Step[] {
  const login = loginOf(to);
  if (proof?.outcome === "pulled") return [];
  const refused = proof === undefined || proof.outcome === "refused";
  const step = ((): Step | undefined => {
    if (to.kind === "user") return refused ? { do: "set-password", login } : undefined;
    if (!robot) return { do: "create", login };
    if (robot.disable) return { do: "enable-new", login };
    return proof?.outcome === "refused" ? { do: "set-secret", login } : undefined;
  })();
  if (step) return [step, { do: "prove", login }];
  return proof ? stop([proof.message]) : [{ do: "prove", login }];
}

function replaceSteps(todo: readonly SecretView[], record: RotationRecord | undefined): readonly Step[] {
  if (todo.length === 0) return [];
  const isKnown = (one: SecretView) => {
    const before = record?.previous[keyOf(one)] ?? {};
    return one.entries.every(({ key, carries, fingerprint }) => carries === "new" || before[key] === fingerprint);
  };
  // Written also where all are known: it takes back that the Secrets were replaced, from which the time of watching counts.
  const isOpen = !record?.replacedAt && !record?.disabledAt && !record?.restoredAt;
  const keep: Step = { do: "remember", secrets: todo.map(keyOf) };
  const replaces = todo.map(({ namespace, name, entries }): Step => {
    const keys = entries.filter(({ carries }) => carries !== "new").map(({ key }) => key);
    return { do: "replace", namespace, name, keys };
  });
  return [...(isOpen && todo.every(isKnown) ? [] : [keep]), ...replaces];
}

function endOfOld(
  { graceMs, deleteAfterMs, from }: RotationRequest,
  { old, record }: Observed,
  left: readonly SecretView[],
  replacedAt: number | undefined,
  now: number,
): readonly Step[] {
  const isDisabled = old?.disable === true && replacedAt !== undefined;
  const disabledAt = isDisabled || !old ? record?.disabledAt : undefined;
  // A user's login ends by nothing that is done here; its pulls are watched all the same.
  const watch = disabledAt === undefined ? wait("watch", graceMs, replacedAt, now) : [];
  if (!old) return watch;
  return [
    ...watch,
    // A robot that others log in with is not taken from them.
    ...(old.disable ? [] : [...stop(left.map((one) => stillUses(one, from))), { do: "disable", login: from } as const]),
    ...(disabledAt === undefined ? [{ do: "mark-disabled" } as const] : []),
    ...wait("rest", deleteAfterMs, disabledAt, now),
    { do: "delete-old", login: from },
  ];
}

function wait(what: "watch" | "rest", ms: number, since: number | undefined, now: number): readonly Step[] {
  if (since === undefined) return ms > 0 ? [{ do: what, ms }] : [];
  return now < since + ms ? [{ do: what, ms, until: since + ms }] : [];
}

function stop(because: readonly string[]): readonly Step[] {
  return because.length > 0 ? [{ do: "stop", because }] : [];
}

function carrying(secrets: readonly SecretView[], what: "old" | "new"): readonly SecretView[] {
  return secrets.filter(({ entries }) => entries.some(({ carries }) => carries === what));
}

function mayChange({ chosen, kept }: SecretView): boolean {
  return chosen && kept === undefined;
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

function failureLines({ failures }: Observed): readonly string[] {
  return failures.map((one) => `Pod ${one.namespace}/${one.pod} cannot pull ${one.image}: ${one.message}`);
}

function stillUses(one: SecretView, login: string): string {
  const why = one.kept ?? (one.chosen ? "" : "not in the chosen namespaces");
  return `Secret ${keyOf(one)} still logs in as ${login}${why ? `: ${why}` : ""}`;
}
