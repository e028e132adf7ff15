import type { Product } from "../../api/operation.ts";
import { nodes } from "./nodes.ts";

export const CCE: Product = { name: "cce", title: "CCE: Kubernetes clusters", hosts: ["cce"], parts: [nodes] };
