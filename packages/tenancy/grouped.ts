import { type Informer, type KubeObject, keyOf } from "@ccm/kube";

/** The objects of an informer by the groups that each says it is in. */
export interface Grouped<T extends KubeObject> {
  in(group: string): readonly T[];
}

/** `changed` is told the groups that an object was in or is in, when `matters` says that the change is one. */
export function groupBy<T extends KubeObject>(
  informer: Informer<T>,
  groupsOf: (object: T) => readonly string[],
  changed: (groups: readonly string[], before: T | undefined, after: T | undefined) => void,
  matters: (before: T, after: T) => boolean = () => true,
): Grouped<T> {
  const groups = new Map<string, Map<string, T>>();
  const put = (object: T): readonly string[] => {
    const names = groupsOf(object);
    for (const name of names) {
      const members = groups.get(name) ?? new Map<string, T>();
      members.set(keyOf(object), object);
      groups.set(name, members);
    }
    return names;
  };
  const drop = (object: T): readonly string[] => {
    const names = groupsOf(object);
    for (const name of names) {
      const members = groups.get(name);
      members?.delete(keyOf(object));
      if (members?.size === 0) groups.delete(name);
    }
    return names;
  };
  informer.subscribe({
    add: (object) => changed(put(object), undefined, object),
    update(before, after) {
      const names = [...new Set([...drop(before), ...put(after)])];
      if (matters(before, after)) changed(names, before, after);
    },
    delete: (object) => changed(drop(object), object, undefined),
  });
  return { in: (group) => [...(groups.get(group)?.values() ?? [])] };
}
