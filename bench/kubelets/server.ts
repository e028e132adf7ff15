/** The embedded API server as a process; tells its URL when it listens. */
import { listen, systemClock, systemRandom } from "@ccm/base/node";
import { createKubeServer } from "@ccm/kube-server";

const server = createKubeServer({ clock: systemClock, random: systemRandom });
const { port } = await listen({ host: "127.0.0.1", port: 0, handler: server.handler });
process.send?.(`http://127.0.0.1:${port}`);
