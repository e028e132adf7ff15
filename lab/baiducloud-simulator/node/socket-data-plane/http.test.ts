import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { request as requestHttps } from "node:https";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { createAuthority, systemClock } from "@ccm/base/node";
import type { DataPlane, HttpOptions } from "../../data-plane/data-plane.ts";
import { socketDataPlane } from "../socket-data-plane.ts";
import { ask, backend, bodyOf, forwarding, settled, until } from "./testing.ts";

const FRONT = "127.98.14.1";
const PLAIN: HttpOptions = {
  session: undefined,
  xForwardedFor: false,
  xForwardedProto: false,
  redirectPort: undefined,
};

const withPlane = async (test: (plane: DataPlane) => Promise<void>): Promise<void> => {
  const plane = socketDataPlane({ clock: systemClock });
  try {
    await test(plane);
  } finally {
    await plane.close();
  }
};

const webListener = (port: number, more: Omit<Parameters<typeof forwarding>[0], "port" | "addresses">) =>
  forwarding({ protocol: "HTTP", port, addresses: [FRONT], http: PLAIN, ...more });

describe("an HTTP listener", () => {
  it("chooses a backend for each request, on one connection too, and passes bodies both ways", async () => {
    await withPlane(async (plane) => {
      const echo = (name: string, host: string) =>
        backend(name, host, async (incoming, outgoing) => outgoing.end(`${name} ${await bodyOf(incoming)}`));
      const all = [await echo("a", "127.98.14.11"), await echo("b", "127.98.14.12")];
      const listener = webListener(19201, { targets: all.map((one) => one.target) });
      plane.apply([listener]);
      await settled(plane, listener);
      const answers: string[] = [];
      for (let i = 0; i < 4; i++) {
        const response = await fetch(`http://${FRONT}:19201/`, { method: "POST", body: "hello" });
        answers.push(await response.text());
      }
      assert.deepEqual(answers.sort(), ["a hello", "a hello", "b hello", "b hello"]);
      for (const server of all) server.close();
    });
  });

  it("checks the path, the host name and the status that its health check names", async () => {
    await withPlane(async (plane) => {
      let status = 404;
      let seen = "";
      const a = await backend("a", "127.98.14.13", ({ url, headers }, outgoing) => {
        seen = `${headers.host}${url}`;
        outgoing.writeHead(status).end("a");
      });
      const health = { type: "HTTP", uri: "/healthz", host: "web.example.com" } as const;
      const listener = webListener(19202, { targets: [a.target], health });
      plane.apply([listener]);
      await settled(plane, listener, "Dead");
      assert.equal(seen, "web.example.com/healthz");
      assert.equal((await fetch(`http://${FRONT}:19202/`)).status, 503);
      status = 204;
      await until("it is alive", () => plane.health("lb-1", "HTTP", 19202, "a") === "Alive");
      plane.apply([{ ...listener, health: { ...listener.health, normalStatus: "http_3xx" } }]);
      await until("204 is not well any more", () => plane.health("lb-1", "HTTP", 19202, "a") === "Dead");
      a.close();
    });
  });

  it("keeps a client with its backend by a cookie of its own, until that backend has no weight", async () => {
    await withPlane(async (plane) => {
      let leaked: string | undefined;
      const named = (name: string, host: string) =>
        backend(name, host, ({ headers }, outgoing) => {
          leaked ??= headers.cookie;
          outgoing.end(name);
        });
      const [a, b] = [await named("a", "127.98.14.14"), await named("b", "127.98.14.15")];
      const http: HttpOptions = { ...PLAIN, session: { type: "insert", seconds: 60 } };
      const listener = webListener(19203, { targets: [a.target, b.target], http });
      plane.apply([listener]);
      await settled(plane, listener);
      const url = `http://${FRONT}:19203/`;
      const first = await fetch(url);
      const name = await first.text();
      const cookie = first.headers.getSetCookie()[0]?.split(";")[0] ?? "";
      for (let i = 0; i < 4; i++) assert.equal(await ask(url, { cookie }), name);
      assert.equal(leaked, undefined, "backends do not see it");
      const targets = [a.target, b.target].map((one) => (one.instanceId === name ? { ...one, weight: 0 } : one));
      plane.apply([{ ...listener, targets }]);
      assert.notEqual(await ask(url, { cookie }), name);
      a.close();
      b.close();
    });
  });

  it("keeps a client with its backend by the backend's own cookie, which the backend gets as it set it", async () => {
    await withPlane(async (plane) => {
      const named = (name: string, host: string) =>
        backend(name, host, ({ headers }, outgoing) => {
          outgoing.writeHead(200, { "set-cookie": "sid=s1; Path=/" }).end(`${name} ${headers.cookie ?? ""}`);
        });
      const [a, b] = [await named("a", "127.98.14.16"), await named("b", "127.98.14.17")];
      const http: HttpOptions = { ...PLAIN, session: { type: "rewrite", cookieName: "sid" } };
      const listener = webListener(19204, { targets: [a.target, b.target], http });
      plane.apply([listener]);
      await settled(plane, listener);
      const url = `http://${FRONT}:19204/`;
      const first = await fetch(url);
      const name = (await first.text()).trim();
      const cookie = first.headers.getSetCookie()[0]?.split(";")[0] ?? "";
      for (let i = 0; i < 4; i++) assert.equal(await ask(url, { cookie }), `${name} sid=s1`);
      a.close();
      b.close();
    });
  });

  it("tells backends who asks and how, if wanted, and sends browsers to HTTPS, if wanted", async () => {
    await withPlane(async (plane) => {
      const a = await backend("a", "127.98.14.18", ({ headers }, outgoing) =>
        outgoing.end(`${headers["x-forwarded-for"]} ${headers["x-forwarded-proto"]}`),
      );
      const http = { ...PLAIN, xForwardedFor: true, xForwardedProto: true };
      const listener = webListener(19205, { targets: [a.target], http });
      plane.apply([listener]);
      await settled(plane, listener);
      const url = `http://${FRONT}:19205`;
      assert.equal(await ask(url), "127.0.0.1 http");
      assert.equal(await ask(url, { "x-forwarded-for": "10.9.8.7" }), "10.9.8.7, 127.0.0.1 http");
      plane.apply([{ ...listener, http: PLAIN }]);
      assert.equal(await ask(url), "undefined undefined");
      plane.apply([{ ...listener, http: { ...PLAIN, redirectPort: 8443 } }]);
      const response = await fetch(`${url}/a?b=c`, { redirect: "manual" });
      assert.equal(response.status, 301);
      assert.equal(response.headers.get("location"), `https://${FRONT}:8443/a?b=c`);
      a.close();
    });
  });

  it("answers 502 for a backend that hangs up and 504 for one that is silent", async () => {
    await withPlane(async (plane) => {
      const a = await backend("a", "127.98.14.19", ({ url, socket }) => {
        if (url === "/hang-up") socket.destroy();
      });
      const listener = webListener(19206, { targets: [a.target], timeoutMs: 100 });
      plane.apply([listener]);
      await settled(plane, listener);
      assert.equal((await fetch(`http://${FRONT}:19206/hang-up`)).status, 502);
      assert.equal((await fetch(`http://${FRONT}:19206/silent`)).status, 504);
      a.closeAllConnections();
      a.close();
    });
  });

  it("passes bytes both ways after an upgrade, as for WebSocket", async () => {
    await withPlane(async (plane) => {
      const a = await backend("a", "127.98.14.20");
      a.on("upgrade", (_incoming, socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n");
        socket.pipe(socket);
      });
      const listener = webListener(19207, { targets: [a.target] });
      plane.apply([listener]);
      await settled(plane, listener);
      const asked = request(`http://${FRONT}:19207/`, { headers: { connection: "Upgrade", upgrade: "echo" } });
      asked.end();
      const [response, socket] = await once(asked, "upgrade");
      assert.equal(response.statusCode, 101);
      socket.write("hello");
      assert.equal(String((await once(socket, "data"))[0]), "hello");
      socket.destroy();
      a.close();
    });
  });
});

describe("HTTPS and SSL listeners", () => {
  const offered = async (port: number, servername: string): Promise<string> => {
    const socket = connectTls({ host: FRONT, port, servername, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  };

  it("show the certificate of the name that is asked for, else the first, and speak plainly with backends", async () => {
    await withPlane(async (plane) => {
      const authority = await createAuthority({ commonName: "shop", clock: systemClock });
      const own = await authority.issue({ commonName: "own", dnsNames: ["own.example.com"], server: true });
      const a = await backend("a", "127.98.14.21", ({ headers }, outgoing) =>
        outgoing.end(String(headers["x-forwarded-proto"])),
      );
      const certificates = [
        { certId: "cert-1" },
        { certId: "cert-2", host: "own.example.com", pem: { cert: own.certPem, key: own.keyPem } },
      ];
      const http = { ...PLAIN, xForwardedProto: true };
      const listener = webListener(19208, { protocol: "HTTPS", targets: [a.target], http, tls: { certificates } });
      plane.apply([listener]);
      await settled(plane, listener);
      assert.equal(await offered(19208, "own.example.com"), "own");
      assert.equal(await offered(19208, "other.example.com"), "cert-1");
      const asked = requestHttps({ host: FRONT, port: 19208, servername: "own.example.com", ca: authority.certPem });
      asked.end();
      const [response] = await once(asked, "response");
      assert.equal(await bodyOf(response), "https");
      plane.apply([{ ...listener, tls: { certificates: [{ certId: "cert-3" }] } }]);
      assert.equal(await offered(19208, "other.example.com"), "cert-3");
      a.close();
    });
  });

  it("pass on what is said inside TLS, and ask clients for a certificate when told so", async () => {
    await withPlane(async (plane) => {
      const authority = await createAuthority({ commonName: "clients", clock: systemClock });
      const mine = await authority.issue({ commonName: "me", client: true });
      const a = await backend("a", "127.98.14.22");
      const tls = { certificates: [{ certId: "cert-1" }], clientCa: authority.certPem };
      const listener = forwarding({ protocol: "SSL", port: 19209, addresses: [FRONT], targets: [a.target], tls });
      plane.apply([listener]);
      await settled(plane, listener);
      const talk = (more: object) =>
        new Promise<string>((resolve) => {
          const socket: TLSSocket = connectTls({ host: FRONT, port: 19209, rejectUnauthorized: false, ...more });
          let text = "";
          socket.on("data", (chunk) => {
            text += chunk;
          });
          socket.on("error", () => {});
          socket.on("close", () => resolve(text));
          socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        });
      assert.match(await talk({ cert: mine.certPem, key: mine.keyPem }), /^HTTP\/1.1 200 OK[\s\S]*\r\n\r\na$/);
      assert.equal(await talk({}), "");
      a.close();
    });
  });

  it("turn away, before the handshake, sources that the security groups do not let in", async () => {
    await withPlane(async (plane) => {
      const a = await backend("a", "127.98.14.23");
      const tls = { certificates: [{ certId: "cert-1" }] };
      const rest = { port: 19210, addresses: [FRONT], targets: [a.target], tls, sources: [] };
      for (const protocol of ["HTTPS", "SSL"] as const) {
        const listener = forwarding({ ...rest, protocol, http: PLAIN });
        plane.apply([listener]);
        await settled(plane, listener);
        const socket = connect({ host: FRONT, port: 19210 });
        socket.on("error", () => {});
        const closed = new Promise((resolve) => socket.once("close", resolve));
        await closed;
        assert.equal(socket.bytesRead, 0);
      }
      a.close();
    });
  });
});
