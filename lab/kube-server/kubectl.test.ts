import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { promisify } from "node:util";
import { listen, systemClock, systemRandom } from "@ccm/base/node";
import { findKubectl } from "@ccm/control-plane/node";
import { createKubeServer } from "./server.ts";

const run = promisify(execFile);

const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web}}
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{name: http, port: 80}, {name: https, port: 443}]
`;
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  selector: {matchLabels: {app: d}}
  template: {metadata: {labels: {app: d}}, spec: {containers: [{name: c, image: "nginx:1"}]}}
`;

/** kubectl against a server on a socket. kubectl sends no token over plain HTTP, so everybody is an administrator here. */
async function start(t: TestContext) {
  const program = findKubectl();
  if (!program) {
    t.skip("no kubectl 1.30 or newer, neither of lab/control-plane nor on PATH");
    return undefined;
  }
  const server = createKubeServer({ clock: systemClock, random: systemRandom });
  const socket = await listen({ host: "127.0.0.1", port: 0, handler: server.handler });
  const home = await mkdtemp(join(tmpdir(), "kubectl-"));
  t.after(async () => {
    server.close();
    await socket.close();
    await rm(home, { recursive: true, force: true });
  });
  // The port alone: the same digits may be in a UID, an address or a node port.
  const KUBE_EDITOR = "sed -i 's/port: 81$/port: 90/'";
  const env = { PATH: process.env.PATH, HOME: home, KUBECACHEDIR: join(home, "cache"), KUBE_EDITOR };
  const kubectl = async (...args: string[]): Promise<string> => {
    const all = ["--server", `http://127.0.0.1:${socket.port}`, ...args];
    const { stdout } = await run(program, all, { env, timeout: 20_000 });
    return stdout.trim();
  };
  const file = async (name: string, text: string) => {
    await writeFile(join(home, name), text);
    return join(home, name);
  };
  return { kubectl, file };
}

test("kubectl applies, shows, patches, edits, watches and deletes a Service", async (t) => {
  const started = await start(t);
  if (!started) return;
  const { kubectl, file } = started;
  assert.equal(await kubectl("apply", "-f", await file("a.yaml", SERVICE)), "service/web created");
  assert.match(
    await kubectl("get", "svc", "web"),
    /TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nweb +LoadBalancer .*<pending> +80:\d+\/TCP,443/,
  );
  const smaller = SERVICE.replace(", {name: https, port: 443}", "").replace("labels: {app: web}", "labels: {tier: a}");
  assert.equal(await kubectl("apply", "-f", await file("b.yaml", smaller)), "service/web configured");
  assert.equal(
    await kubectl("get", "svc", "web", "-o", "jsonpath={.metadata.labels} {.spec.ports[*].port}"),
    '{"tier":"a"} 80',
  );
  assert.equal(await kubectl("apply", "-f", join(await file("b.yaml", smaller))), "service/web unchanged");
  const map = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { a: "b" } });
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: [map("one"), map("two")] });
  assert.equal(
    await kubectl("apply", "-f", await file("list.json", list)),
    "configmap/one created\nconfigmap/two created",
  );
  const bad = await file("c.yaml", smaller.replace("selector:", "selektor:"));
  await assert.rejects(kubectl("apply", "-f", bad), /unknown field "spec.selektor"/);
  await kubectl(
    "patch",
    "svc",
    "web",
    "--type=json",
    "-p",
    '[{"op":"replace","path":"/spec/ports/0/port","value":81}]',
  );
  await kubectl("edit", "svc", "web");
  await kubectl("patch", "svc", "web", "-p", '{"spec":{"ports":[{"port":91,"name":"more"}]}}');
  assert.equal(await kubectl("get", "svc", "web", "-o", "jsonpath={.spec.ports[*].port}"), "91 90");
  assert.match(await kubectl("describe", "svc", "web"), /NodePort: +http +\d+\/TCP/);
  const watching = kubectl("get", "svc", "-w", "--request-timeout=2s").catch(
    (error: { stdout?: string }) => error.stdout ?? "",
  );
  assert.match(await kubectl("delete", "svc", "web"), /service "web" deleted/);
  await kubectl("wait", "--for=delete", "svc/web", "--timeout=5s");
  assert.match(await watching, /kubernetes +ClusterIP/);
});

test("kubectl handles nodes, Deployments, namespaces and discovery", async (t) => {
  const started = await start(t);
  if (!started) return;
  const { kubectl, file } = started;
  await kubectl("create", "-f", await file("n.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n"));
  await kubectl("taint", "node", "n1", "a=b:NoSchedule");
  await kubectl("cordon", "n1");
  await kubectl("label", "node", "n1", "node-role.kubernetes.io/worker=");
  await kubectl("annotate", "node", "n1", "x=y");
  const ready = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}';
  await kubectl("patch", "node", "n1", "--subresource=status", "-p", ready);
  assert.match(await kubectl("get", "nodes", "-o", "wide"), /n1 +Ready,SchedulingDisabled +worker/);
  await kubectl("wait", "--for=condition=Ready", "node/n1", "--timeout=5s");
  await kubectl("wait", "--for=jsonpath={.spec.unschedulable}=true", "node/n1", "--timeout=5s");
  assert.match(await kubectl("describe", "node", "n1"), /Taints: +a=b:NoSchedule/);
  await kubectl("apply", "-f", await file("d.yaml", DEPLOYMENT));
  assert.match(await kubectl("scale", "deployment", "d", "--replicas=3"), /scaled/);
  assert.match(await kubectl("get", "deploy", "-o", "wide"), /d +0\/3 +0 +0 +\S+ +c +nginx:1/);
  await kubectl("apply", "-f", await file("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: foo}\n"));
  assert.match(await kubectl("delete", "ns", "foo"), /namespace "foo" deleted/);
  // These commands send protobuf.
  await kubectl("create", "namespace", "bar");
  await kubectl("-n", "bar", "create", "configmap", "m", "--from-literal=a=b");
  assert.equal(await kubectl("-n", "bar", "get", "cm", "m", "-o", "jsonpath={.data}"), '{"a":"b"}');
  assert.equal(await kubectl("create", "serviceaccount", "robot"), "serviceaccount/robot created");
  assert.equal(await kubectl("auth", "can-i", "get", "pods"), "yes");
  assert.match(await kubectl("auth", "can-i", "--list"), /\*\.\* +\[\] +\[\] +\[\*\]/);
  assert.match(await kubectl("auth", "whoami"), /Username +system:admin/);
  assert.match(await kubectl("create", "token", "robot").catch(String), /could not find the requested resource/);
  assert.match(await kubectl("top", "node").catch(String), /Metrics API not available/);
  assert.match(
    await kubectl(
      "apply",
      "--server-side",
      "-f",
      await file("n.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n"),
    ).catch(String),
    /server-side apply is not served here/,
  );
  assert.match(await kubectl("events"), /^$/);
  assert.match(await kubectl("api-resources"), /endpointslices +discovery\.k8s\.io\/v1 +true +EndpointSlice/);
  assert.match(await kubectl("explain", "service.spec.ports"), /nodePort/);
});

test("kubectl prints in every form, compares, tries, and tells what it is told", async (t) => {
  const started = await start(t);
  if (!started) return;
  const { kubectl, file } = started;
  const service = await file("s.yaml", SERVICE);
  await kubectl("apply", "-f", service);
  assert.equal(await kubectl("get", "svc", "-l", "app in (web),!zz", "-o", "name"), "service/web");
  assert.equal(await kubectl("get", "svc", "--field-selector", "spec.type=LoadBalancer", "-o", "name"), "service/web");
  assert.match(
    await kubectl("get", "svc", "--chunk-size=1", "-o", "custom-columns=N:.metadata.name"),
    /kubernetes\nweb/,
  );
  assert.match(await kubectl("get", "svc", "web", "-o", "yaml"), /loadBalancer: \{\}/);
  assert.match(await kubectl("get", "all", "-A"), /service\/web/);
  const changed = await file("t.yaml", SERVICE.replace("port: 443", "port: 444"));
  const difference = await kubectl("diff", "-f", changed).catch((error: { stdout: string }) => error.stdout);
  assert.match(difference, /\+ +port: 444/);
  assert.match(await kubectl("apply", "-f", changed, "--dry-run=server"), /configured \(server dry run\)/);
  assert.match(await kubectl("replace", "--force", "-f", service), /service\/web replaced/);
  const generated = await file(
    "g.yaml",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: g-}\ndta: {a: b}\n",
  );
  assert.match(await kubectl("create", "-f", generated, "--validate=warn"), /configmap\/g-\w{5} created/);
  assert.match(
    await kubectl("patch", "svc", "web", "-p", '{"spec":{"type":"Foo"}}').catch(String),
    /Unsupported value: "Foo"/,
  );
  assert.match(await kubectl("get", "--raw", "/apis/apps/v9").catch(String), /could not find the requested resource/);
  await kubectl("run", "p", "--image=nginx");
  assert.match(await kubectl("describe", "pod", "p"), /node\.kubernetes\.io\/not-ready:NoExecute op=Exists for 300s/);
  assert.match(await kubectl("delete", "pod", "p"), /pod "p" deleted/);
  assert.match(await kubectl("delete", "ns", "default").catch(String), /this namespace may not be deleted/);
  assert.match(await kubectl("cluster-info"), /control plane.*is running/);
  assert.match(await kubectl("version"), /Server Version: v1\.37/);
});
