import type { Product } from "../../api/operation.ts";
import { changes } from "./changes.ts";
import { creation } from "./create.ts";
import { images } from "./images.ts";
import { releasing } from "./release.ts";
import { servers } from "./servers.ts";

export const BBC: Product = {
  name: "bbc",
  title: "BBC: bare metal servers",
  hosts: ["bbc"],
  parts: [servers, creation, changes, releasing, images],
};
