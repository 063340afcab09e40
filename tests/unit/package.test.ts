/** The content of the published package, and what loading it costs. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { build, filesIn } from "../support/built";

const root = path.join(__dirname, "..", "..");

/** What a user's program finds when it loads the package. */
interface Loaded {
    exports: string[];
    /** The modules that it loads in addition to those of @pulumi/pulumi, relative to the package's directory. */
    modules: string[];
    /** The number of registered resources and function calls. */
    calls: number;
    /** The content of the Dockerfile with which an Image of a Python program is built. */
    dockerfile: string;
    /** The exported classes that a bundler has renamed. */
    misnamed: string[];
}

function load(): Loaded {
    const program = `
        const fs = require("node:fs");
        const path = require("node:path");
        const pulumi = require("@pulumi/pulumi");
        let calls = 0;
        let dockerfile;
        const newResource = ({ inputs }) => {
            calls++;
            dockerfile ??= inputs.dockerfile && fs.readFileSync(inputs.dockerfile.location, "utf8");
            return { id: "", state: { ...inputs, digest: "sha256:" + "0".repeat(64) } };
        };
        pulumi.runtime.setMocks({ newResource, call: () => (calls++, {}) });
        const before = new Set(Object.keys(require.cache));
        const loaded = require("kubernetes-mlops");
        const exports = Object.keys(loaded).sort();
        const misnamed = exports.filter((name) => typeof loaded[name] === "function" && loaded[name].name !== name);
        const modules = Object.keys(require.cache)
            .filter((name) => !before.has(name))
            .map((name) => path.relative(process.cwd(), name));
        const callsToLoad = calls;
        new loaded.Image("one", { repository: "example.com/one", context: "src", python: { requirements: "index.ts" } });
        pulumi.runtime
            .disconnect()
            .then(() =>
                console.log(JSON.stringify({ exports, modules, calls: callsToLoad, dockerfile, misnamed })),
            );
    `;
    const output = execFileSync(process.execPath, ["--eval", program], { cwd: root, encoding: "utf8" });
    return JSON.parse(output) as Loaded;
}

/** Returns the files that would be published. */
function packed(): string[] {
    const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
        cwd: root,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
    });
    const [pack] = JSON.parse(output) as { files: { path: string }[] }[];
    return pack!.files.map((file) => file.path);
}

describe("the published package", () => {
    let loaded: Loaded;

    before(function () {
        this.timeout(180_000);
        build();
        loaded = load();
    });

    it("contains what a user needs and nothing else", function () {
        this.timeout(30_000);
        const sources = filesIn("src");
        const compiled = [
            "dist/index.js",
            "dist/index.js.map",
            ...sources.map((source) => source.replace(/^src/, "dist").replace(/\.ts$/, ".d.ts")),
        ];
        const texts = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
        assert.deepEqual(
            packed().sort(),
            [...texts, ...filesIn("charts"), ...filesIn("dockerfiles"), ...sources, ...compiled].sort(),
        );
    });

    it("contains the sources of its source map, which errors show with --enable-source-maps", () => {
        const { sources } = JSON.parse(fs.readFileSync(path.join(root, "dist", "index.js.map"), "utf8")) as {
            sources: string[];
        };
        const published = sources.map((source) => path.posix.join("dist", source));
        assert.deepEqual(
            published.filter((source) => !fs.existsSync(path.join(root, source))),
            [],
        );
        assert.ok(published.includes("src/workloads/training-job/training-job.ts"));
    });

    it("exports its program and its types", () => {
        const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
            main: string;
            types: string;
            exports: object;
        };
        assert.deepEqual(manifest.exports, {
            ".": { types: `./${manifest.types}`, default: `./${manifest.main}` },
            "./package.json": "./package.json",
        });
        assert.ok(fs.existsSync(path.join(root, manifest.main)));
        assert.ok(fs.existsSync(path.join(root, manifest.types)));
    });

    it("exports its components and enums, and nothing else at run time", () => {
        assert.deepEqual(loaded.exports, [
            "AccessMode",
            "Addon",
            "Availability",
            "BatchInference",
            "CaInjector",
            "EnvoyServiceType",
            "Footprint",
            "GpuSharingMode",
            "GpuVendor",
            "Image",
            "KServeMode",
            "KaiPlacement",
            "KyvernoAction",
            "LlmBackend",
            "LlmDtype",
            "LlmKvCacheDtype",
            "LlmQuantization",
            "LlmServer",
            "MigStrategy",
            "ModelServer",
            "Notebook",
            "NotebookEditor",
            "ObjectiveGoal",
            "Platform",
            "Profile",
            "QueueType",
            "RayBatchScheduler",
            "RunWait",
            "Schedule",
            "ScheduleBackend",
            "ScheduleConcurrency",
            "ServerBackend",
            "Sweep",
            "SweepBackend",
            "TrainerRuntime",
            "TrainingBackend",
            "TrainingFramework",
            "TrainingJob",
        ]);
    });

    it("keeps the names of its classes, which errors show", () => {
        assert.deepEqual(loaded.misnamed, []);
    });

    it("finds its Dockerfile of Python programs", () => {
        const own = path.join(root, "dockerfiles", "python.Dockerfile");
        assert.equal(loaded.dockerfile, fs.readFileSync(own, "utf8"));
    });

    it("registers nothing and calls nothing when it is loaded", () => {
        assert.equal(loaded.calls, 0);
    });

    it("loads only the Kubernetes API groups that it needs, and none of their kinds", () => {
        const kubernetes = "node_modules/@pulumi/kubernetes/";
        const modules = loaded.modules.filter((name) => name.startsWith(kubernetes));
        assert.deepEqual(modules.map((name) => name.slice(kubernetes.length)).sort(), [
            "apiextensions/customResource.js",
            "apps/v1/index.js",
            "autoscaling/v2/index.js",
            "batch/v1/index.js",
            "core/v1/index.js",
            "helm/v4/index.js",
            "package.json",
            "policy/v1/index.js",
            "rbac/v1/index.js",
            "types/enums/core/v1/index.js",
            "utilities.js",
            "yaml/v2/index.js",
        ]);
    });

    it("loads only packages that it depends on", () => {
        const packages = loaded.modules.flatMap((name) => /^node_modules\/((@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
        assert.deepEqual([...new Set(packages)].sort(), [
            "@balena/dockerignore",
            "@pulumi/docker-build",
            "@pulumi/kubernetes",
        ]);
    });
});
