import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { integer, randomText, seededRandom } from "@ccm/base";
import { type Running, sendSigned, startCommand } from "./testing/command.ts";

const JUNK = 10_000;
const AT_ONCE = 16;
/** Of one connection: requests that are answered, one after the other. */
const PIPELINED = 50;

const children = new Set<ChildProcess>();
let running: Running;
before(async () => {
  running = await startCommand(children);
});
after(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** Sends bytes to a port of the command; what came back until the connection ended. */
function raw(url: string, bytes: string, end = false): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    // A server that has seen enough may reset.
    socket.on("error", () => {});
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    if (end) socket.end(bytes, "latin1");
    else socket.write(bytes, "latin1");
  });
}

const request = (line: string, headers: readonly string[] = [], body = "") =>
  [`${line} HTTP/1.1`, "Host: 127.0.0.1", "Connection: close", ...headers, "", body].join("\r\n");
const outcome = (answer: string): string => {
  const [, status = "none"] = /^HTTP\/1\.1 (\d+)/.exec(answer) ?? [];
  const [, code = ""] = /"code":"([^"]+)"/.exec(answer) ?? [];
  return `${status} ${code}`.trim();
};
const isWell = async () => assert.equal((await sendSigned(running.ready, "GET /v1/eip")).status, 200);

/** Addresses that a process listens at, as the system knows them: "0100007F" is 127.0.0.1. */
function listening(pid: number): readonly string[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
  return ["tcp", "tcp6"].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === "0A" && sockets.includes(fields[9] ?? ""))
      .map((fields) => fields[1]?.split(":")[0] ?? ""),
  );
}

describe("the command, and who means it ill", () => {
  it("listens on loopback only", { skip: process.platform !== "linux" }, () => {
    const [child] = children;
    const addresses = listening(child?.pid ?? 0);
    assert.ok(addresses.length >= 2, "the shared port and that of the registries");
    assert.deepEqual([...new Set(addresses)], ["0100007F"]);
  });

  it("opens no path of the admin API without its token, whatever the path looks like", async () => {
    const { admin, endpoints, adminToken } = running.ready;
    const closed = ["/admin", "/admin/", "/admin/requests", "/admin?x=1", "/admin/clock", "/admin/../admin/faults"];
    for (const path of closed)
      assert.equal(outcome(await raw(admin, request(`GET ${path}`))), "401 Unauthorized", path);
    const elsewhere = ["//admin", "/ADMIN/requests", "/%61dmin/requests", "http://127.0.0.1/admin/requests"];
    for (const path of elsewhere) {
      const answer = await raw(admin, request(`GET ${path}`, [`Authorization: Bearer ${adminToken}`]));
      assert.match(outcome(answer), /^(400 InvalidHTTPAuthHeader|403 AccessDenied)$/, path);
    }
    assert.match(outcome(await raw(endpoints.registry ?? "", request("GET /admin/requests"))), /^404/);
    for (const header of ["Authorization: Bearer x", "Authorization: Basic eDp4", `Cookie: token=${adminToken}`])
      assert.equal(outcome(await raw(admin, request("GET /admin/clock", [header]))), "401 Unauthorized", header);
    const right = `Authorization: Bearer ${adminToken}`;
    assert.equal(outcome(await raw(admin, request("GET /admin/clock", [right]))), "200");
    assert.equal(
      outcome(await raw(admin, request("GET /admin/clock", [right]).replace("127.0.0.1", "evil.test"))),
      "421 InvalidHost",
    );
  });

  it("refuses a body over 4 MiB, deep JSON and names that JavaScript gives a meaning to", async () => {
    const { endpoints, admin, adminToken } = running.ready;
    const large = request("POST /v1/eip", ["Content-Length: 4194305"]);
    assert.equal(outcome(await raw(endpoints.eip ?? "", large)), "413 EntityTooLarge");
    const token = `Authorization: Bearer ${adminToken}`;
    const post = (body: string) =>
      raw(admin, request("POST /admin/faults", [token, `Content-Length: ${body.length}`], body));
    assert.equal(outcome(await post("[".repeat(100_000))), "400 InappropriateJSON");
    assert.equal(outcome(await post('{"effect":{"kind":"__proto__"}}')), "400 BadRequest");
    let deep: unknown = 1;
    for (let n = 0; n < 100; n++) deep = [deep];
    const refused = await sendSigned(running.ready, "POST /v1/eip", { billing: deep });
    assert.equal(refused.status, 400, refused.text);
    for (const id of ["__proto__", "constructor", "toString"])
      assert.equal((await sendSigned(running.ready, `GET /v1/blb/${id}`)).status, 404, id);
    await isWell();
  });

  it("serves others while hundreds of clients say nothing, or half of something", async () => {
    const { hostname, port } = new URL(running.ready.admin);
    const silent = Array.from({ length: 500 }, (_, n) => {
      const socket = connect({ host: hostname, port: Number(port) }).on("error", () => {});
      if (n % 2) socket.write("POST /v1/eip HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
      return socket;
    });
    await isWell();
    for (const socket of silent) socket.destroy();
  });

  it("answers ten thousand junk requests with refusals, on both ports, and is as well as before", async () => {
    const random = seededRandom("junk");
    const bytes = Array.from({ length: 256 }, (_, n) => String.fromCharCode(n)).join("");
    const text = (alphabet: string, most: number) => randomText(random, integer(random, most), alphabet);
    const printable = bytes.slice(0x21, 0x7f);
    const kinds: readonly (() => string)[] = [
      () => `GET /${text(printable, 60)}`,
      () => `PUT /v2/${text("ab/-_.%", 60)}/manifests/${text("ab:@%", 30)}`,
      () => `GET /service/token?scope=${text("repository:/,*a()", 80)}`,
      () => `POST /v1/${text("eipblbvpc/?&=%", 60)}`,
      () => `DELETE /v2/instance/${text(printable, 30)}?${text(printable, 30)}`,
    ];
    const headers: readonly (() => string)[] = [
      () => `Authorization: bce-auth-v1/${text(printable, 80)}`,
      () => `Authorization: Bearer ${text("ab.=", 60)}`,
      () => `Authorization: Basic ${text("abcd=", 60)}`,
      () => `cce-token: ${text(printable, 40)}`,
      () => `X-Forwarded-For: ${text("0123456789.:,", 40)}`,
    ];
    const pick = <T>(of: readonly T[]): T => of[integer(random, of.length)] as T;
    const piece = () =>
      `${pick(kinds)()} HTTP/1.1\r\nHost: ${pick(["x", "registry.baidubce.com", "[::1"])}\r\n${pick(headers)()}\r\n\r\n`;
    const statuses = new Set<string>();
    let sent = 0;
    const worker = async (url: string) => {
      while (sent < JUNK) {
        const isText = random.next() < 0.8;
        const junk = isText ? Array.from({ length: PIPELINED }, piece).join("") : text(bytes, 200);
        sent += isText ? PIPELINED : 1;
        for (const [, status = ""] of (await raw(url, junk, true)).matchAll(/^HTTP\/1\.1 (\d+)/gm))
          statuses.add(status);
      }
    };
    const { admin, endpoints } = running.ready;
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => worker((n % 2 ? endpoints.registry : admin) ?? "")));
    const wrong = [...statuses].filter((status) => !/^(200|4\d\d)$/.test(status));
    assert.deepEqual(wrong, [], "no answer is a failure of the simulator's own");
    await isWell();
    assert.equal(running.errors(), "");
  });
});
