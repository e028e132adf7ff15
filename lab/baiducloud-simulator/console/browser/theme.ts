import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";

export interface Theme {
  readonly isDark: ReadonlySignal<boolean>;
  toggle(): void;
}

const KEY = "theme";

/** Light or dark as the system says, until the user chooses; the choice is kept. */
export function createTheme(window: Window & typeof globalThis): Theme {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const systemIsDark = signal(system.matches);
  const choice = signal(window.localStorage.getItem(KEY));
  const isDark = computed(() => (choice.value === null ? systemIsDark.value : choice.value === "dark"));
  system.addEventListener("change", ({ matches }) => {
    systemIsDark.value = matches;
  });
  effect(() => {
    window.document.documentElement.dataset.theme = isDark.value ? "dark" : "light";
  });
  return {
    isDark,
    toggle() {
      choice.value = isDark.value ? "light" : "dark";
      window.localStorage.setItem(KEY, choice.value);
    },
  };
}
