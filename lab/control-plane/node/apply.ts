import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import type { KubeObject } from "@ccm/kube";
import { parseAllDocuments } from "yaml";
import type { User } from "./users.ts";

const WAIT_MS = 30_000;
const POLL_MS = 50;
const CRD = "CustomResourceDefinition";

/** YAML text, with any number of objects, or an object. */
export type Applied = string | KubeObject | Readonly<Record<string, unknown>>;

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Server-side apply of objects in their order: creates what is not there and updates what is. */
export async function apply(request: User["request"], sources: readonly Applied[]): Promise<void> {
  const objects = sources.flatMap((source) =>
    typeof source === "string" ? parseObjects(source) : [source as KubeObject],
  );
  for (const object of objects) {
    const path = await pathOf(request, object);
    const body = { contentType: "application/apply-patch+yaml", text: JSON.stringify(object) };
    const answer = await request("PATCH", `${path}?fieldManager=control-plane&force=true`, body);
    if (answer.status >= 300)
      throw new Error(`apply ${object.kind} ${object.metadata.name}: ${messageOf(answer.text)}`);
    if (object.kind === CRD) await waitUntilServed(request, path);
  }
}

function parseObjects(yaml: string): readonly KubeObject[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    if (document.errors[0]) throw document.errors[0];
    const object = document.toJS() as KubeObject | null;
    return object ? [object] : [];
  });
}

async function pathOf(request: User["request"], { apiVersion, kind, metadata }: KubeObject): Promise<string> {
  const root = apiVersion?.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const answer = await request("GET", root);
  const { resources = [] } = JSON.parse(answer.text) as { resources?: readonly ApiResource[] };
  const resource = resources.find((one) => one.kind === kind && !one.name.includes("/"));
  if (!resource) throw new Error(`apply ${kind} ${metadata.name}: the API server does not serve ${apiVersion} ${kind}`);
  const namespace = resource.namespaced ? `/namespaces/${metadata.namespace ?? "default"}` : "";
  return `${root}${namespace}/${resource.name}/${metadata.name}`;
}

/** Established is set a moment before the resource is in discovery, which is what clients ask. */
async function waitUntilServed(request: User["request"], path: string): Promise<void> {
  const { spec } = JSON.parse((await request("GET", path)).text) as {
    spec: { group: string; names: { plural: string }; versions: readonly { name: string; served: boolean }[] };
  };
  for (const { name } of spec.versions.filter(({ served }) => served)) {
    const deadline = systemClock.monotonic() + WAIT_MS;
    while (!(await serves(request, `/apis/${spec.group}/${name}`, spec.names.plural))) {
      if (systemClock.monotonic() > deadline) throw new Error(`${path}: not served within ${WAIT_MS / 1000} s`);
      await sleep(systemClock, POLL_MS);
    }
  }
}

async function serves(request: User["request"], root: string, plural: string): Promise<boolean> {
  const discovery = await request("GET", root);
  if (discovery.status !== 200 || !discovery.text.includes(`"name":"${plural}"`)) return false;
  return (await request("GET", `${root}/${plural}`)).status === 200;
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
