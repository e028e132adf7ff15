import assert from "node:assert/strict";
import { type HttpHandler, readText } from "@ccm/base";
import { createRegistryScene } from "../ccr/testing.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Of a refusal. */
  readonly code: string | undefined;
}

/** A registry with an image app/web:v1, and a docker that speaks to it. */
export async function createDocker() {
  const scene = await createRegistryScene();
  const handler = scene.simulator.products.registry as HttpHandler;
  const at = { host: "127.0.0.1:5000" };
  const send = async (line: string, headers: Record<string, string> = {}, body = ""): Promise<Answer> => {
    const [method = "", target = ""] = line.split(" ");
    const bytes = new TextEncoder().encode(body);
    const signal = new AbortController().signal;
    const answer = await handler({ method, target, headers: { ...at, ...headers }, body: bytes, signal });
    const text = await readText(answer.body);
    const code = answer.status >= 400 && text !== "" ? JSON.parse(text).errors[0].code : undefined;
    return { status: answer.status, headers: answer.headers, text, code };
  };
  const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(user).toString("base64")}` });
  const login = (user: string | undefined, ...scopes: string[]): Promise<Answer> => {
    const query = ["service=harbor-registry", ...scopes.map((scope) => `scope=${encodeURIComponent(scope)}`)];
    return send(`GET /service/token?${query.join("&")}`, user === undefined ? {} : basic(user));
  };
  /** The headers that a client sends once it has its token. */
  const bearer = async (user: string | undefined, ...scopes: string[]) => {
    const { status, text } = await login(user, ...scopes);
    assert.equal(status, 200, text);
    return { authorization: `Bearer ${JSON.parse(text).token}` };
  };
  /** "name:secret" of a new robot. */
  const robot = async (actions: readonly string[], namespace = "app", duration = 1): Promise<string> => {
    const access = actions.map((action) => ({ resource: "repository", action }));
    const body = { name: "puller", duration, permissions: [{ kind: "project", namespace, access }] };
    const made = await scene.call("POST /robots", body);
    assert.equal(made.status, 200, made.body.message);
    return `${made.body.name}:${made.body.secret}`;
  };
  const person = async (): Promise<string> => {
    const made = await scene.call("POST /credential", { duration: 1 });
    return `lab:${made.body.password}`;
  };
  return { ...scene, at, send, login, bearer, robot, person };
}
