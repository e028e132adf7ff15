import {
  type Document,
  type DocumentOptions,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Pair,
  type ParseOptions,
  parseDocument,
  Scalar,
  type SchemaOptions,
  YAMLMap,
  YAMLSeq,
} from "yaml";

/** A context to have in a kubeconfig, with its cluster and its user. */
export interface NewContext {
  /** Of the context; its cluster and its user are called the same where nothing else is. */
  readonly name: string;
  readonly cluster: { readonly server: string; readonly caData: string };
  readonly user: UserEntry;
  readonly namespace?: string;
}

/** A user as kubeconfig files have it, or the cluster's part of it. */
export interface UserEntry {
  readonly [field: string]: string | readonly string[] | UserEntry | readonly UserEntry[];
}

export interface Merged {
  readonly text: string;
  /** Whether the context was there. */
  readonly replaced: boolean;
  /** What was the current context before; "" for none. */
  readonly former: string;
}

/** A kubeconfig that cannot be merged into: one line, and nothing of its content. */
export class KubeconfigFault extends Error {
  override readonly name = "KubeconfigFault";
}

/**
 * Scalars are kept as they are written: in a token or a name, 007 and 1e3 are texts, and numbers beyond 2^53 have to
 * survive. Only nothing at all is told from a text.
 */
const READING: ParseOptions & DocumentOptions & SchemaOptions = {
  schema: "failsafe",
  customTags: ["null"],
  logLevel: "error",
};

/**
 * A kubeconfig with one more context, or with that context renewed. Everything else in the file stays, its comments too:
 * other contexts, and what they share with this one; entries that nobody refers to; fields that are not known here.
 * `existing` undefined: a new file. Merging twice gives the same text as merging once. Throws a KubeconfigFault.
 */
export function mergeContext(
  existing: string | undefined,
  context: NewContext,
  { source, select }: { readonly source: string; readonly select: boolean },
): Merged {
  const fault = (what: string) => new KubeconfigFault(`${source}: ${what}`);
  const document = open(existing ?? "", fault);
  const root = document.contents;
  if (!isMap(root)) throw fault("expected a kubeconfig (kind: Config)");
  // JSON stays JSON.
  const build = builder(root.flow === true);
  for (const [field, value] of [
    ["apiVersion", "v1"],
    ["kind", "Config"],
  ] as const) {
    if (!root.has(field)) root.add(new Pair(build(field), build(value)));
  }
  const list = (field: string): YAMLSeq => {
    const node = root.get(field, true) as unknown;
    if (isSeq(node)) return node;
    if (node !== undefined && !(isScalar(node) && node.value === null)) throw fault(`${field}: expected a list`);
    const made = new YAMLSeq();
    made.flow = root.flow === true;
    root.set(existingKey(root, field) ?? build(field), made);
    return made;
  };
  const [clusters, contexts, users] = [list("clusters"), list("contexts"), list("users")];
  const known = entryOf(contexts, context.name);
  const ours = known && mapAt(known, "context");
  const nameIn = (entries: YAMLSeq, field: "cluster" | "user"): string => {
    const mine = ours && textAt(ours, field);
    const others = contexts.items.flatMap((item) =>
      isMap(item) && item !== known ? [textAt(mapAt(item, "context"), field)] : [],
    );
    const free = (name: string) =>
      entryOf(entries, name) ? name === mine && !others.includes(name) : !others.includes(name);
    for (let count = 0; ; count++) {
      const name = count === 0 ? context.name : `${context.name}-${count}`;
      if (free(name)) return name;
    }
  };
  const clusterName = nameIn(clusters, "cluster");
  const userName = nameIn(users, "user");

  const { server, caData } = context.cluster;
  const cluster = entryMap(clusters, clusterName, "cluster", build);
  set(cluster, "server", build(server));
  for (const field of ["certificate-authority", "insecure-skip-tls-verify"]) cluster.delete(field);
  if (caData === "") cluster.delete("certificate-authority-data");
  else set(cluster, "certificate-authority-data", build(caData));
  const user = entryMap(users, userName, "user", build);
  user.items = (build(context.user) as YAMLMap).items;
  const target = entryMap(contexts, context.name, "context", build);
  set(target, "cluster", build(clusterName));
  set(target, "user", build(userName));
  if (context.namespace !== undefined) set(target, "namespace", build(context.namespace));

  const former = textAt(root, "current-context");
  if (select || former === "") set(root, "current-context", build(context.name));
  return { text: write(document, fault), replaced: known !== undefined, former };
}

function open(text: string, fault: (what: string) => KubeconfigFault): Document {
  const document = parseDocument(text, READING);
  const [error] = document.errors;
  if (error) throw fault(`not YAML${error.linePos ? ` (line ${error.linePos[0].line})` : ""}: expected a kubeconfig`);
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) document.contents = new YAMLMap() as never;
  return document;
}

function write(document: Document, fault: (what: string) => KubeconfigFault): string {
  try {
    const text = document.toString({ lineWidth: 0 });
    return text.endsWith("\n") ? text : `${text}\n`;
  } catch {
    // An anchor was inside of what is replaced.
    throw fault("expected entries without anchors (&name) that other entries refer to");
  }
}

type Build = (value: UserEntry[string]) => Node;

/** Nodes for plain data. Texts are quoted unless no reader could take them for anything else. */
function builder(quoted: boolean): Build {
  const plain = /^[A-Za-z_/][A-Za-z0-9_./@+=-]*$/;
  const words = /^(?:true|false|yes|no|on|off|y|n|null|none|nan|inf)$/i;
  const scalar = (value: string) => {
    const node = new Scalar(value);
    // "://" and ":6443" are no mappings, since no space follows.
    const safe = plain.test(value.replace(/:(?=[^\s])/g, "")) && /^[A-Za-z_/]/.test(value) && !words.test(value);
    node.type = quoted || !safe ? Scalar.QUOTE_DOUBLE : Scalar.PLAIN;
    return node;
  };
  const build: Build = (value) => {
    if (typeof value === "string") return scalar(value);
    if (Array.isArray(value)) {
      const list = new YAMLSeq();
      list.flow = quoted;
      list.items = value.map((item) => build(item));
      return list;
    }
    const map = new YAMLMap();
    map.flow = quoted;
    map.items = Object.entries(value).map(([name, inner]) => new Pair(scalar(name), build(inner)));
    return map;
  };
  return build;
}

function entryOf(list: YAMLSeq, name: string): YAMLMap | undefined {
  return list.items.find((item): item is YAMLMap => isMap(item) && textAt(item, "name") === name);
}

/** The mapping under `field` of the entry with this name; both are made when they are not there. */
function entryMap(list: YAMLSeq, name: string, field: string, build: Build): YAMLMap {
  let entry = entryOf(list, name);
  if (!entry) {
    entry = build({ name, [field]: {} }) as YAMLMap;
    list.items.push(entry);
  }
  const inner = entry.get(field, true) as unknown;
  if (isMap(inner)) {
    // What was written as {} would go on in one line.
    if (inner.items.length === 0 && list.flow !== true) inner.flow = false;
    return inner;
  }
  const made = build({}) as YAMLMap;
  set(entry, field, made);
  return made;
}

/** Sets a field; a comment at its value stays. */
function set(map: YAMLMap, field: string, value: Node): void {
  const before = map.get(field, true) as unknown;
  if (isScalar(before) && isScalar(value) && !before.anchor) {
    before.value = value.value;
    if (value.type !== undefined) before.type = value.type;
    delete before.source;
    return;
  }
  map.set(existingKey(map, field) ?? keyLike(map, field), value);
}

function existingKey(map: YAMLMap, field: string): unknown {
  return map.items.find(({ key }) => (isScalar(key) ? key.value : key) === field)?.key;
}

function keyLike(map: YAMLMap, field: string): Scalar {
  const key = new Scalar(field);
  key.type = map.flow === true ? Scalar.QUOTE_DOUBLE : Scalar.PLAIN;
  return key;
}

function mapAt(entry: YAMLMap, field: string): YAMLMap | undefined {
  const value = entry.get(field, true) as unknown;
  return isMap(value) ? value : undefined;
}

function textAt(map: YAMLMap | undefined, field: string): string {
  const value = map?.get(field);
  return typeof value === "string" ? value : "";
}
