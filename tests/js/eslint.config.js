import js from "@eslint/js";
import globals from "globals";
import ts from "typescript-eslint";

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

const project = (name) => ({ parser: ts.parser, parserOptions: { project: `./tsconfig.${name}.json`, tsconfigRootDir: import.meta.dirname } });

export default [
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["webhook/static/*.js"],
    ignores: ["webhook/static/forms_worker.js"],
    plugins: { "@typescript-eslint": ts.plugin },
    languageOptions: { ecmaVersion: 2018, sourceType: "script", globals: globals.browser, ...project("forms") },
    rules: { ...everywhere, ...typed },
  },
  {
    files: ["webhook/static/forms_worker.js"],
    plugins: { "@typescript-eslint": ts.plugin },
    languageOptions: { ecmaVersion: 2018, sourceType: "script", globals: globals.serviceworker, ...project("worker") },
    rules: { ...everywhere, ...typed },
  },
  {
    files: ["webhook/static/grid/*.js"],
    plugins: { "@typescript-eslint": ts.plugin },
    languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.browser, ...project("grid") },
    rules: { ...everywhere, ...typed },
  },
];
