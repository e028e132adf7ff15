import { render } from "preact";
import { createApi } from "./api.ts";
import { App } from "./app.tsx";
import { createModel, VIEWS } from "./model.ts";
import { createTheme } from "./theme.ts";

/** Where the real browser is handed in. */
const KEY = "admin-token";

/** The token stands in the fragment, which is never sent; it is kept for a reload and taken out of the address. */
function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return sessionStorage.getItem(KEY) ?? "";
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", `${location.pathname}${location.search}#/network`);
  return given;
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

const token = takeToken();
const model = createModel(createApi({ fetch: window.fetch.bind(window), token }), (ms) => {
  return new Promise((resolve) => setTimeout(resolve, ms));
});
const showView = (): void => {
  const wanted = location.hash.replace(/^#\//, "");
  const view = VIEWS.find((name) => name === wanted);
  if (view) model.show(view);
  // Another simulator's token was opened in the same tab.
  else if (location.hash.startsWith("#token=")) location.reload();
};
addEventListener("hashchange", showView);
showView();
const root = document.getElementById("app");
if (root) render(<App model={model} theme={createTheme(window)} save={save} />, root);
void model.run();
