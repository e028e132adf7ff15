export { createStderrLogger } from "@ccm/cloud-provider/node";
