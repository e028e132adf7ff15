export { createPrometheusMetrics } from "@ccm/cloud-provider/node";
