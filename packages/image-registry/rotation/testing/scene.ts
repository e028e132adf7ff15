/** For tests of rotations: a registry with an image, a cluster whose Secrets pull it, and a way to die at any call. */
import { inProcessTransport, Secret, seededRandom, type Transport } from "@ccm/base";
import { createBceClient, pullPermissions, type Robot, staticCredentials } from "@ccm/bce";
import { createKubeClient, SECRETS, type Secret as SecretObject } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { printDockerConfig, type RegistryCredential, readDockerConfig } from "../../docker-config.ts";
import { createRegistryLab, IMAGE } from "../../registries/testing/lab.ts";
import { PODS, type Pod } from "../pulls.ts";
import { type RotationEnv, type RunOptions, runRotation } from "../rotation.ts";
import type { RotationRequest } from "../types.ts";

export const KUBE = "https://kubernetes.scene";
export const STATE = "kube-system";

export class Crash extends Error {
  override readonly name = "Crash";
}

export type RotationScene = Awaited<ReturnType<typeof createRotationScene>>;

export async function createRotationScene() {
  const lab = await createRegistryLab();
  const { clock, simulator, instanceId, host, during } = lab;
  const server = createKubeServer({ clock, random: seededRandom("kube") });
  const kubeSend = inProcessTransport(server.handler);
  const cloudSend = inProcessTransport(simulator.handler);
  const { accessKeyId, secretAccessKey } = simulator.credentials;
  const random = seededRandom("rotation");
  /** Calls that change something, in order, of all runs. */
  const writes: string[] = [];

  /** A process of its own. It dies when `diesAfter` says so of a call that changed something: it is never heard of again. */
  const env = (diesAfter: (write: string) => boolean = () => false): RotationEnv => {
    const life = new AbortController();
    const through =
      (send: Transport): Transport =>
      async (request, options) => {
        life.signal.throwIfAborted();
        const answer = await send(request, options);
        const { pathname } = new URL(request.url);
        if (request.method === "GET" || request.method === "HEAD") return answer;
        const write = `${request.method} ${pathname}`;
        writes.push(write);
        if (!diesAfter(write)) return answer;
        life.abort(new Crash());
        throw life.signal.reason;
      };
    const parts = { clock, random };
    return {
      ...parts,
      kube: createKubeClient({ ...parts, baseUrl: KUBE, send: through(kubeSend) }),
      ccr: createBceClient({
        ...parts,
        region: "bj",
        credentials: staticCredentials({ accessKeyId, secretAccessKey: new Secret(secretAccessKey) }),
        send: through(cloudSend),
      }).ccr,
      send: through(cloudSend),
      stateNamespace: STATE,
      signal: life.signal,
    };
  };
  const world = env();
  const token = () => ({ clientToken: random.uuid() });
  const robot = async (name: string, projects: readonly string[] = ["app"]): Promise<RegistryCredential> => {
    const secret = new Secret(`secret-of-${name}`);
    const spec = { name, secret, description: "by hand", duration: -1, permissions: pullPermissions(projects) };
    await during(world.ccr.createRobot(instanceId, spec, token()));
    return { username: `ccr$${name}`, password: secret };
  };
  const old = await robot("old");
  for (const name of ["shop", "cart", "other"]) {
    await during(
      world.kube.create(
        { ...SECRETS, plural: "namespaces", kind: "Namespace", namespaced: false },
        { metadata: { name } },
      ),
    );
  }
  const request: RotationRequest = {
    instanceId,
    hosts: [host],
    from: "ccr$old",
    to: { kind: "robot", name: "new" },
    namespaces: ["shop", "cart"],
    graceMs: 600_000,
    deleteAfterMs: 3_600_000,
    images: [`${IMAGE}:v1`],
  };

  const secretNames = async (): Promise<readonly string[]> =>
    (await during(world.kube.list(SECRETS))).items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const textOf = async (namespace: string, name: string): Promise<string> => {
    const { data = {} } = await during(world.kube.get(SECRETS, { namespace, name }));
    return Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString("utf8");
  };
  return {
    ...lab,
    world,
    env,
    writes,
    old,
    robot,
    request,
    token,
    textOf,
    /** Of all namespaces; what a rotation keeps is among them. */
    secretNames,
    async pullSecret(namespace: string, name: string, text?: string, more: Partial<SecretObject> = {}) {
      const config = text ?? printDockerConfig({ [host]: old });
      const { metadata, ...rest } = more;
      const secret: SecretObject = {
        metadata: { namespace, name, ...metadata },
        type: "kubernetes.io/dockerconfigjson",
        data: { ".dockerconfigjson": Buffer.from(config).toString("base64") },
        ...rest,
      };
      return during(world.kube.create(SECRETS, secret));
    },
    async loginIn(namespace: string, name: string): Promise<RegistryCredential | undefined> {
      const entries = readDockerConfig(await textOf(namespace, name), name);
      return entries.find(({ key }) => key === host)?.credential;
    },
    async pod(namespace: string, name: string, status: Pod["status"] = {}, spec: Pod["spec"] = {}) {
      const image = `${host}/${IMAGE}:v1`;
      const pod: Pod = {
        metadata: { namespace, name },
        spec: { ...spec, containers: [{ image, name: "c" }] as never },
      };
      await during(world.kube.create(PODS, pod));
      const patch = { type: "merge", body: { status } } as const;
      return during(world.kube.patch(PODS, { namespace, name }, patch, { subresource: "status" }));
    },
    robots: async (): Promise<readonly Robot[]> =>
      (await during(world.ccr.listRobots(instanceId))).filter(({ name }) => name !== "ccr$pusher"),
    /** Without time: whoever waits for it moves the clock. */
    begin: (options: RunOptions = {}, more: Partial<RotationRequest> = {}, process = env()) =>
      runRotation(process, { ...request, ...more }, options),
    run: (options: RunOptions = {}, more: Partial<RotationRequest> = {}) =>
      during(runRotation(env(), { ...request, ...more }, options)),
    kubeSend,
    cloudSend,
    close: () => server.close(),
  };
}

export async function inRotationScene(test: (scene: RotationScene) => Promise<void>): Promise<void> {
  const scene = await createRotationScene();
  try {
    await test(scene);
  } finally {
    await scene.close();
  }
}
