import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { errorText } from "@ccm/base";
import { findGo, goRunner } from "@ccm/control-plane/node";
import { type Command, type Preparation, Unavailable } from "./tour.ts";

/** The tour is built each time: Go's own cache knows what has changed. The SDK is a module that go.sum pins. */
export async function prepareGo({ folder, cache, env, say }: Preparation): Promise<Command> {
  const unavailable = (error: unknown): never => {
    throw new Unavailable(errorText(error));
  };
  const go = goRunner(await findGo(env).catch(unavailable), folder, env);
  await go(["mod", "download"]).catch(unavailable);
  mkdirSync(cache, { recursive: true });
  const program = join(cache, "go-tour");
  say("building the Go tour");
  await go(["vet", "."]);
  await go(["build", "-o", program, "."]);
  return { command: program, args: [], env };
}
