import { readdirSync } from "node:fs";
import { URL } from "node:url";

import js from "@eslint/js";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/**
 * What each folder of `src` may import from, besides itself. It is the order in which they build on each other, the
 * same as in CONTRIBUTING; a type counts like a value.
 */
const mayImport = {
    arguments: [],
    cluster: ["arguments"],
    pod: ["arguments", "cluster"],
    runs: ["arguments", "cluster", "pod"],
    serving: ["arguments", "cluster", "pod"],
    images: ["arguments", "package-files.ts"],
    platform: ["arguments", "pod", "package-files.ts"],
};

/** The files and folders of src/platform, each of which may import from those before it. */
const platform = [
    "catalog",
    "monitoring",
    "rendering",
    "addons/shared",
    "addons",
    "addon-catalog.ts",
    "plan.ts",
    "preflight.ts",
    "addon-args.ts",
    "addon-rules.ts",
    "addon.ts",
    "platform-args.ts",
    "platform-plan.ts",
    "platform-rules.ts",
    "platform.ts",
];

const workloads = readdirSync(new URL("src/workloads", import.meta.url));

const zones = [
    ...Object.entries(mayImport).map(([folder, others]) => ({
        target: `./src/${folder}`,
        from: "./src",
        except: [folder, ...others].map((one) => `./${one}`),
        message: `src/${folder} may import from ${[...others, "itself"].join(", ")} only.`,
    })),
    ...platform.map((target, index) => ({
        target: `./src/platform/${target}`,
        from: "./src/platform",
        except: platform.slice(0, index + 1).map((one) => `./${one}`),
        message: `It may import from these of src/platform only: ${platform.slice(0, index).join(", ") || "itself"}.`,
    })),
    {
        target: "./src/platform/addons",
        from: "./src/platform/addons",
        except: ["./shared"],
        message: "An add-on imports nothing from another one: what they share is in shared.",
    },
    ...workloads.flatMap((name) => [
        {
            target: `./src/workloads/${name}`,
            from: "./src",
            except: ["arguments", "cluster", "pod", "runs", "serving", `workloads/${name}`].map((one) => `./${one}`),
            message: "A workload imports nothing from another one: what they share is in pod, runs or serving.",
        },
        {
            target: `./src/workloads/${name}/args.ts`,
            from: `./src/workloads/${name}`,
            message: "args.ts is what the other files of a workload build on.",
        },
        {
            target: `./src/workloads/${name}`,
            from: `./src/workloads/${name}/${name}.ts`,
            message: "The component comes last: only index.ts imports it.",
        },
    ]),
];

export default tseslint.config(
    { ignores: [".kubernetes-mlops", "dist", "node_modules"] },
    js.configs.recommended,
    ...tseslint.configs.recommendedTypeChecked,
    {
        languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["eslint.config.mjs"] } } },
        plugins: { "import-x": importX },
        settings: {
            "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".js"] })],
            "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
        },
        rules: {
            "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
            "import-x/no-cycle": "error",
            "import-x/no-duplicates": "error",
            "import-x/no-restricted-paths": ["error", { zones }],
            "import-x/order": [
                "error",
                {
                    groups: ["builtin", "external", ["parent", "sibling", "index"]],
                    alphabetize: { order: "asc", caseInsensitive: true },
                    "newlines-between": "always",
                },
            ],
        },
    },
    { files: ["**/*.mjs"], extends: [tseslint.configs.disableTypeChecked] },
);
