// The checks of the browser's code beside its types. Phones of 2018 read webhook/static/*.js, browsers of 2023 the grid.

import js from "@eslint/js";
import { fileURLToPath } from "node:url";
import ts from "typescript-eslint";

/** Rules that ask for types: above all that no promise is left without somebody who hears that it failed. */
const typed = {
  "@typescript-eslint/no-floating-promises": "error",
  "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
  "@typescript-eslint/await-thenable": "error",
  "@typescript-eslint/only-throw-error": "error",
  "@typescript-eslint/prefer-promise-reject-errors": "error",
};

const everywhere = {
  ...js.configs.recommended.rules,
  "no-undef": "off", // tsc knows which scripts share their globals
  "no-unused-vars": ["error", { vars: "local" }], // what a script declares at its top is for other scripts
  eqeqeq: "error",
  "no-var": "error",
  "prefer-const": "error",
  "prefer-arrow-callback": "error",
  "no-shadow": "error",
  "no-loop-func": "error",
  "array-callback-return": "error",
  "default-case-last": "error",
  "no-promise-executor-return": "error",
  "no-unreachable-loop": "error",
  "require-atomic-updates": "error",
  "no-implicit-coercion": "error",
  "no-throw-literal": "error",
  complexity: ["error", 15],
  "id-denylist": ["error", "one", "found", "kept", "said", "who", "his"],
};

const here = fileURLToPath(new URL(".", import.meta.url));

/** What tsc knows of a file, for the rules that ask for types. */
const project = (name) => ({ parser: ts.parser, parserOptions: { project: `./tsconfig.${name}.json`, tsconfigRootDir: here } });

export default [
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["webhook/static/*.js"],
    ignores: ["webhook/static/forms_worker.js"],
    plugins: { "@typescript-eslint": ts.plugin },
    languageOptions: { ecmaVersion: 2018, sourceType: "script", ...project("forms") },
    rules: { ...everywhere, ...typed },
  },
  {
    files: ["webhook/static/forms_worker.js"],
    plugins: { "@typescript-eslint": ts.plugin },
    languageOptions: { ecmaVersion: 2018, sourceType: "script", ...project("worker") },
    rules: { ...everywhere, ...typed },
  },
  {
    files: ["webhook/static/grid/*.js"],
    ignores: ["webhook/static/grid/old.js"],
    plugins: { "@typescript-eslint": ts.plugin },
    languageOptions: { ecmaVersion: 2022, sourceType: "module", ...project("grid") },
    rules: { ...everywhere, ...typed },
  },
  {
    files: ["webhook/static/grid/old.js"], // for browsers that are too old for the others
    languageOptions: { ecmaVersion: 5, sourceType: "script" },
    rules: { ...everywhere, "no-var": "off", "prefer-arrow-callback": "off" },
  },
  {
    files: ["tests/js/*.js"],
    ignores: ["tests/js/eslint.config.js"],
    plugins: { "@typescript-eslint": ts.plugin },
    languageOptions: { ecmaVersion: 2022, sourceType: "module", ...project("tests") },
    rules: {
      ...everywhere,
      ...typed,
      "no-loop-func": "off", // a test of a table reads the server that was started for it
      // These run what they are given in their turn and report it themselves.
      "@typescript-eslint/no-floating-promises": ["error", {
        allowForKnownSafeCalls: [{ from: "package", name: ["test", "describe"], package: "node:test" }],
      }],
    },
  },
];
