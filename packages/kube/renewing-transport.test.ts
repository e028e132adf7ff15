import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HttpResponse, type TlsOptions, TransportError, type TransportFactory, VirtualClock } from "@ccm/base";
import { loadKubeConfig } from "./config/kubeconfig.ts";
import { renewingTransport } from "./renewing-transport.ts";

const REQUEST = { method: "GET", url: "https://api:6443/", headers: {} };

/** Connections that answer as told, and remember under which certificate they were asked. */
function network() {
  const log: string[] = [];
  let answer: () => Promise<HttpResponse> = async () => respond(200);
  const open: TransportFactory = (tls) => ({
    send: () => {
      log.push(`sent with ${tls.cert}`);
      return answer();
    },
    close: async () => void log.push(`closed ${tls.cert}`),
  });
  const answerWith = (next: typeof answer) => {
    answer = next;
  };
  return { log, open, answerWith };
}

function respond(status: number, body: AsyncIterable<Uint8Array> = empty()): HttpResponse {
  return { status, headers: {}, body };
}

async function* empty(): AsyncGenerator<Uint8Array> {}

async function readAll(response: HttpResponse): Promise<void> {
  for await (const _ of response.body) void _;
}

function setUp(renewTls?: () => Promise<TlsOptions>) {
  const clock = new VirtualClock();
  const net = network();
  let files: TlsOptions = { cert: "old", key: "old" };
  const errors: unknown[] = [];
  const transport = renewingTransport({
    connection: { tls: files, renewTls: renewTls ?? (async () => files) },
    open: net.open,
    clock,
    onError: (error) => errors.push(error),
  });
  const ask = async () => readAll(await transport.send(REQUEST));
  const renew = () => {
    files = { cert: "new", key: "new" };
  };
  return { clock, ...net, transport, ask, renew, errors };
}

describe("a transport with a client certificate that is renewed", () => {
  it("uses the new one within a minute, and closes the old connections", async () => {
    const { clock, log, ask, renew, transport } = setUp();
    await ask();
    renew();
    await ask();
    await clock.advance(60_000);
    await ask();
    await transport.close();
    assert.deepEqual(log, ["sent with old", "sent with old", "closed old", "sent with new", "closed new"]);
  });

  it("leaves a watch on its old connection until it ends", async () => {
    const { clock, log, ask, renew, transport, answerWith } = setUp();
    const end = Promise.withResolvers<void>();
    answerWith(async () =>
      respond(
        200,
        (async function* () {
          await end.promise;
          yield new Uint8Array();
        })(),
      ),
    );
    const watching = readAll(await transport.send(REQUEST));
    answerWith(async () => respond(200));
    renew();
    await clock.advance(60_000);
    await ask();
    assert.deepEqual(log, ["sent with old", "sent with new"]);
    end.resolve();
    await watching;
    assert.deepEqual(log.at(-1), "closed old");
  });

  for (const [what, refusal] of [
    ["a 401", async () => respond(401)],
    ["a failed handshake", () => Promise.reject(new TransportError("tls", "certificate expired"))],
  ] as const) {
    it(`looks at once after ${what}`, async () => {
      const { log, ask, renew, answerWith } = setUp();
      answerWith(refusal);
      await ask().catch(() => {});
      answerWith(async () => respond(200));
      renew();
      await ask();
      assert.equal(log.at(-1), "sent with new");
    });
  }

  it("goes on with the old one while the new one cannot be read, and tries again with the next request", async () => {
    let broken = true;
    const { clock, log, ask, errors } = setUp(async () => {
      if (broken) throw new Error("half written");
      return { cert: "new", key: "new" };
    });
    await clock.advance(60_000);
    await ask();
    assert.equal(errors.length, 1);
    broken = false;
    await ask();
    assert.deepEqual(log, ["sent with old", "closed old", "sent with new"]);
  });
});

describe("a kubeconfig's client certificate", () => {
  const files = new Map<string, string>();
  const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n`;
  const load = (user: string) =>
    loadKubeConfig({
      source: "/etc/config",
      text: `
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://api:6443", certificate-authority: ca.pem}}]
users: [{name: u, user: ${user}}]
`,
      readFile: async (path) => files.get(path) ?? Promise.reject(new Error("none")),
      run: async () => files.get("plugin") ?? "",
      env: {},
      now: () => 0,
    });

  it("can be read anew from its files, with the cluster's authority", async () => {
    files.set("/etc/ca.pem", pem("ca")).set("/etc/c.pem", pem("old")).set("/etc/k.pem", pem("old key"));
    const { tls, renewTls } = await load("{client-certificate: c.pem, client-key: k.pem}");
    files.set("/etc/c.pem", pem("new")).set("/etc/k.pem", pem("new key"));
    assert.deepEqual(tls, { ca: pem("ca"), cert: pem("old"), key: pem("old key") });
    assert.deepEqual(await renewTls?.(), { ca: pem("ca"), cert: pem("new"), key: pem("new key") });
  });

  it("can be had anew from its plugin", async () => {
    const credential = (name: string) =>
      JSON.stringify({
        kind: "ExecCredential",
        apiVersion: "client.authentication.k8s.io/v1",
        status: {
          clientCertificateData: pem(name),
          clientKeyData: pem(name),
          token: name,
          expirationTimestamp: "1970-01-01T00:00:00Z",
        },
      });
    files.set("plugin", credential("old"));
    const exec = "{apiVersion: client.authentication.k8s.io/v1, command: /bin/p, interactiveMode: Never}";
    const { tls, renewTls } = await load(`{exec: ${exec}}`);
    assert.equal(tls.cert, pem("old"));
    files.set("plugin", credential("new"));
    assert.equal((await renewTls?.())?.cert, pem("new"));
  });

  it("is final when it is in the kubeconfig itself, or when there is none", async () => {
    const data = Buffer.from(pem("a")).toString("base64");
    const inside = await load(`{client-certificate-data: ${data}, client-key-data: ${data}}`);
    assert.equal(inside.tls.cert, pem("a"));
    assert.equal(inside.renewTls, undefined);
    assert.equal((await load("{token: t}")).renewTls, undefined);
  });
});
