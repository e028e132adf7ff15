/** For tests of whatever gets logins: the simulated cloud with a registry and an image in it, under a virtual clock. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createSimulator } from "@ccm/baiducloud-simulator";
import { type Clock, inProcessTransport, Secret, seededRandom, type Transport, VirtualClock } from "@ccm/base";
import { authorization, bceTime, createBceClient, staticCredentials } from "@ccm/bce";
import type { RegistryCredential } from "../../docker-config.ts";
import { type PullOutcome, provePull } from "../../token-flow.ts";
import type { LoginApiOf } from "../login.ts";

export const IMAGE = "app/web";

/** Lets time pass until the promise settles. */
export async function until<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  promise.then(mark, mark);
  if (!(await clock.advanceUntil(() => settled, 3_600_000))) throw new Error("not settled within a simulated hour");
  return promise;
}

export interface RegistryLabOptions {
  /** Stands ahead of each call of the cloud's API and may throw, or never come back. */
  readonly before?: (operation: string) => Promise<void>;
  /** What clients sign by. Default: the lab's own. */
  readonly clientClock?: Clock;
}

export async function createRegistryLab({ before = async () => {}, clientClock }: RegistryLabOptions = {}) {
  const clock = new VirtualClock();
  const signing = clientClock ?? clock;
  const calls: string[] = [];
  const simulator = createSimulator({
    clock,
    clientClock: signing,
    random: seededRandom("registry"),
    eipPool: "127.100.0.0/16",
    onCall({ method, target, status, product }) {
      if (product === "ccr") calls.push(`${method} ${target.split("?", 1)[0]} ${status}`);
    },
  });
  const { accessKeyId, secretAccessKey } = simulator.credentials;
  const direct = inProcessTransport(simulator.handler);
  const send: Transport = async (request, options) => {
    await before(`${request.method} ${new URL(request.url).pathname}`);
    return direct(request, options);
  };
  const key = { accessKeyId, secretAccessKey: new Secret(secretAccessKey) };
  const clientOf = (region: string) =>
    createBceClient({ credentials: staticCredentials(key), send, clock: signing, random: seededRandom("bce"), region });
  const clients = new Map<string, ReturnType<typeof clientOf>>();
  const api: LoginApiOf = (region = "bj") => {
    const client = clients.get(region) ?? clientOf(region);
    clients.set(region, client);
    return client.ccr;
  };

  /** A call that the client does not have. */
  const signed = async (method: string, path: string, body: unknown, host = "ccr.bj.baidubce.com") => {
    const headers = { host, "x-bce-date": bceTime(signing.now()), "content-type": "application/json" };
    const signature = authorization({ method, path, query: [], headers }, { ...key, time: signing.now() });
    const url = `https://${host}${path}`;
    const answer = await direct({
      method,
      url,
      headers: { ...headers, authorization: signature },
      body: JSON.stringify(body),
    });
    const text = (await Array.fromAsync(answer.body, (chunk) => Buffer.from(chunk).toString("utf8"))).join("");
    assert.equal(answer.status, 200, text);
    return (text === "" ? {} : JSON.parse(text)) as Record<string, string>;
  };
  const made = await signed("POST", "/v1/instances", {
    type: "BASIC",
    name: "mine",
    bucket: "b",
    paymentTiming: "prepay",
    billing: { reservationTimeUnit: "MONTH", reservationTime: 1 },
  });
  const instanceId = made.instanceID ?? "";
  await clock.advance(5000);
  const at = `/v1/instances/${instanceId}`;
  await signed("POST", `${at}/projects`, { projectName: "app" });
  await signed("PUT", `${at}/publiclinks`, { action: "open" });
  await signed("POST", "/v1/ccr/user/new", { password: "Personal1pass" }, "ccr.baidubce.com");
  const host = `${instanceId}-pub.cnc.bj.baidubce.com`;

  /** Like docker push, of an image without layers. */
  const push = async (): Promise<void> => {
    const robot = await signed("POST", `${at}/robots`, {
      name: "pusher",
      duration: -1,
      permissions: [
        {
          kind: "project",
          namespace: "*",
          access: ["pull", "push"].map((action) => ({ resource: "repository", action })),
        },
      ],
    });
    const ask = async (method: string, url: string, headers: Record<string, string>, body = "") => {
      const answer = await direct({ method, url: url.startsWith("/") ? `https://${host}${url}` : url, headers, body });
      const text = (await Array.fromAsync(answer.body, (chunk) => Buffer.from(chunk).toString("utf8"))).join("");
      assert.ok(answer.status < 300, `${method} ${url}: ${answer.status} ${text}`);
      return text;
    };
    const basic = `Basic ${Buffer.from(`${robot.name}:${robot.secret}`).toString("base64")}`;
    const scope = `repository:${IMAGE}:pull,push`;
    const token = JSON.parse(
      await ask("GET", `/service/token?service=harbor-registry&scope=${scope}`, { authorization: basic }),
    ) as { token: string };
    const headers = { authorization: `Bearer ${token.token}` };
    const digest = `sha256:${createHash("sha256").update("{}").digest("hex")}`;
    await ask("POST", `/v2/${IMAGE}/blobs/uploads/?digest=${digest}`, headers, "{}");
    const type = "application/vnd.oci.image.manifest.v1+json";
    const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: 2 };
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers: [] });
    await ask("PUT", `/v2/${IMAGE}/manifests/v1`, { ...headers, "content-type": type }, manifest);
  };
  await push();
  calls.length = 0;

  return {
    clock,
    simulator,
    instanceId,
    /** Of the registry, on the internet. */
    host,
    api,
    /** Of the signed API: "POST /v1/instances/…/credential 200". */
    calls,
    signed,
    /** What becomes of a pull with this credential. */
    async pull(credential: RegistryCredential, reference = "v1"): Promise<PullOutcome> {
      const proof = provePull({ send: direct, clock, credential }, { host, repository: IMAGE, reference });
      return (await until(clock, proof)).outcome;
    },
    during: <T>(promise: Promise<T>) => until(clock, promise),
  };
}
