import { createScene, type Reply } from "../../testing/client.ts";
import { addImage } from "./images.ts";

/** An answer of any of the calls: the assertion says what should be there. */
export type Got = Readonly<Record<string, unknown>> & { readonly instanceID: string };

/** A registry that is running, with a project "app" and an image app/web:v1. */
export async function createRegistryScene() {
  const scene = createScene();
  const made = await scene.call<Got>("POST /v1/instances", {
    type: "BASIC",
    name: "mine",
    bucket: "b",
    paymentTiming: "prepay",
    billing: { reservationTimeUnit: "MONTH", reservationTime: 1 },
  });
  const id = made.body.instanceID;
  await scene.settle();
  const base = `/v1/instances/${id}`;
  const call = (line: string, body?: unknown): Promise<Reply<Got>> => {
    const [method, path = ""] = line.split(" ");
    return scene.call<Got>(`${method} ${path.startsWith("/v1") ? path : base + path}`, body);
  };
  await call("POST /projects", { projectName: "app" });
  const account = scene.simulator.world.account("lab");
  addImage(account, { instanceId: id, projectName: "app", repositoryName: "web" }, "v1");
  /** "200", or "404 NoSuchObject". */
  const outcome = async (line: string, body?: unknown): Promise<string> => {
    const { status, body: answer } = await call(line, body);
    return status === 200 ? "200" : `${status} ${answer.code}`;
  };
  return { ...scene, id, account, call, outcome };
}
