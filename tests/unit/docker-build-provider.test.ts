import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
    chmodSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    readlinkSync,
    realpathSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import * as grpc from "@grpc/grpc-js";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import * as rpc from "@pulumi/pulumi/runtime/rpc";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { standInDirectory } from "../../local/offline/docker-build-provider";
import { buildCommand } from "../../local/offline/docker-build-provider/build";
import { check } from "../../local/offline/docker-build-provider/check";
import { checkConfiguration, configurationEnv } from "../../local/offline/docker-build-provider/configuration";
import { contextHash, formatMode } from "../../local/offline/docker-build-provider/context";
import {
    DOCKER_HUB_KEY,
    privateConfig,
    withPrivateConfig,
} from "../../local/offline/docker-build-provider/credentials";
import { ADD, DELETE, diff, UPDATE, UPDATE_REPLACE } from "../../local/offline/docker-build-provider/diff";
import {
    buildError,
    daemonError,
    failedStep,
    readable,
    registryError,
} from "../../local/offline/docker-build-provider/failures";
import { hiddenStrings, type Image, IMAGE_TYPE, INDEX_TYPE } from "../../local/offline/docker-build-provider/image";
import { apply } from "../../local/offline/docker-build-provider/provider";
import { credentialServer, splitReference } from "../../local/offline/docker-build-provider/reference";
import { schema } from "../../local/offline/docker-build-provider/schema";
import {
    plain,
    type Properties,
    secret,
    secretStrings,
    UNKNOWN,
    type Value,
} from "../../local/offline/docker-build-provider/values";
import { sdkVersion } from "../../local/offline/docker-build-provider/version";

/** A directory that is removed after the suite. */
function temporary(): string {
    const directory = realpathSync(mkdtempSync(path.join(tmpdir(), "docker-build-provider-test-")));
    after(() => rmSync(directory, { recursive: true }));
    return directory;
}

function write(directory: string, files: Record<string, string>): void {
    for (const [name, content] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
        writeFileSync(path.join(directory, name), content, { mode: 0o644 });
    }
}

describe("docker-build provider: property values", () => {
    it("marks secrets and unknown values as the engine does", () => {
        assert.equal(UNKNOWN, rpc.unknownValue);
        assert.deepEqual(secret("x"), { [rpc.specialSigKey]: rpc.specialSecretSig, value: "x" });
    });

    it("returns what is below the marks, without nulls", () => {
        const value: Value = { a: secret({ b: null, c: [secret("d")] }), e: null };
        assert.deepEqual(plain(value), { a: { c: ["d"] } });
    });

    it("finds every secret string", () => {
        const value: Value = { a: secret({ b: "one", c: ["two", 3] }), d: "open", e: [secret("three"), secret("")] };
        assert.deepEqual(secretStrings(value), ["one", "two", "three"]);
    });
});

describe("docker-build provider: image references", () => {
    const cases: [name: string, parts: ReturnType<typeof splitReference>][] = [
        ["localhost:5001/team/app:v1", { registry: "localhost:5001", name: "team/app", reference: "v1" }],
        ["r.io/app", { registry: "r.io", name: "app", reference: "latest" }],
        [
            `r.io/a/b:1@sha256:${"a".repeat(64)}`,
            { registry: "r.io", name: "a/b", reference: `sha256:${"a".repeat(64)}` },
        ],
    ];
    for (const [name, expected] of cases) {
        it(`${name} has three parts`, () => assert.deepEqual(splitReference(name), expected));
    }

    it("without a registry are refused", () => assert.throws(() => splitReference("app:1"), /not an image reference/));

    for (const [address, expected] of [
        ["localhost:5001", "localhost:5001"],
        ["https://registry.example.com/v2/", "registry.example.com"],
        ["docker.io", undefined],
        ["https://index.docker.io/v1/", undefined],
    ] as const) {
        it(`the credentials for ${address} are those of ${expected ?? "Docker Hub"}`, () => {
            assert.equal(credentialServer(address), expected);
        });
    }
});

describe("docker-build provider: the hash of a context", () => {
    let context: string;
    let dockerfile: string;
    beforeEach(() => {
        context = mkdtempSync(path.join(tmpdir(), "docker-context-"));
        dockerfile = path.join(context, "Dockerfile");
        write(context, {
            Dockerfile: "FROM scratch\n",
            "b.txt": "b\n",
            "sub/run.sh": "x\n",
            "sub/deep/ü": "y\n",
            "sub-file": "z",
        });
        chmodSync(path.join(context, "sub/run.sh"), 0o755);
        mkdirSync(path.join(context, "empty"));
    });
    afterEach(() => rmSync(context, { recursive: true }));

    it("is the one that the official plugin's steps give", async () => {
        // The Dockerfile, then each file's content, path and permissions, in the order of their names.
        const steps = [
            "FROM scratch\n",
            ...["FROM scratch\n", "Dockerfile", "-rw-r--r--"],
            ...["b\n", "b.txt", "-rw-r--r--"],
            ...["y\n", "sub/deep/ü", "-rw-r--r--"],
            ...["x\n", "sub/run.sh", "-rwxr-xr-x"],
            ...["z", "sub-file", "-rw-r--r--"],
        ];
        const expected = createHash("sha256").update(steps.join("")).digest("hex");
        assert.equal(await contextHash(context, dockerfile), expected);
    });

    const changes: [string, boolean, () => void][] = [
        ["content", true, () => write(context, { "b.txt": "c\n" })],
        ["a file's mode", true, () => chmodSync(path.join(context, "b.txt"), 0o755)],
        ["a new file", true, () => write(context, { "sub/new": "" })],
        [
            "a file's name",
            true,
            () => write(context, { "sub/deep/u": readFileSync(path.join(context, "sub/deep/ü"), "utf8") }),
        ],
        ["the Dockerfile", true, () => write(context, { Dockerfile: "FROM scratch\n# \n" })],
        ["a symbolic link", true, () => symlinkSync("b.txt", path.join(context, "link"))],
        ["a symbolic link to a directory", false, () => symlinkSync("sub", path.join(context, "link"))],
        ["a file's time", false, () => write(context, { "b.txt": "b\n" })],
        ["an empty directory", false, () => mkdirSync(path.join(context, "another"))],
    ];
    for (const [what, counts, change] of changes) {
        it(`${counts ? "changes" : "does not change"} with ${what}`, async () => {
            const before = await contextHash(context, dockerfile);
            change();
            assert.equal((await contextHash(context, dockerfile)) !== before, counts);
        });
    }

    const ignores: [string, Record<string, string>, string, boolean][] = [
        ["an ignored file", { ".dockerignore": "*.log\n" }, "x.log", false],
        ["what lies below an ignored directory", { ".dockerignore": "data\n" }, "data/deep/x", false],
        ["an exception", { ".dockerignore": "data\n!data/keep\n" }, "data/keep", true],
        ["what is beside an exception", { ".dockerignore": "data\n!data/keep\n" }, "data/other", false],
        ["a name in different case", { ".dockerignore": "*.log\n" }, "x.LOG", true],
        [
            "the root's file when the Dockerfile has a separate one",
            { ".dockerignore": "x\n", "Dockerfile.dockerignore": "y\n" },
            "x",
            true,
        ],
        ["the file that the Dockerfile's own names", { "Dockerfile.dockerignore": "y\n" }, "y", false],
    ];
    for (const [what, files, name, counts] of ignores) {
        it(`${counts ? "counts" : "leaves out"} ${what}`, async () => {
            write(context, files);
            const before = await contextHash(context, dockerfile);
            write(context, { [name]: "new" });
            assert.equal((await contextHash(context, dockerfile)) !== before, counts);
        });
    }

    it("counts a Dockerfile outside the context, but not its name", async () => {
        const outside = mkdtempSync(path.join(tmpdir(), "docker-outside-"));
        try {
            write(outside, { one: "FROM scratch\n", two: "FROM scratch\n", three: "FROM other\n" });
            const digest = (name: string) => contextHash(context, path.join(outside, name));
            assert.equal(await digest("one"), await digest("two"));
            assert.notEqual(await digest("one"), await digest("three"));
        } finally {
            rmSync(outside, { recursive: true });
        }
    });

    const modes: [number, string][] = [
        [0, "----------"],
        [0o100644, "-rw-r--r--"],
        [0o120777, "Lrwxrwxrwx"],
    ];
    for (const [mode, text] of modes) {
        it(`writes mode ${mode.toString(8)} as ${text}`, () => assert.equal(formatMode(mode), text));
    }
});

describe("docker-build provider: check", () => {
    const context = temporary();
    write(context, { Dockerfile: "FROM scratch\n", "other/Containerfile": "FROM scratch\n" });
    const tags = ["localhost:5001/app:1"];

    it("completes the inputs with defaults, and marks secrets", () => {
        const given = {
            tags,
            context: { location: context },
            secrets: { a: "b" },
            buildArgs: { A: secret("c") },
            registries: [{ address: "r", password: "d" }],
        };
        const { inputs, failures } = check(IMAGE_TYPE, given);
        assert.deepEqual(failures, []);
        assert.deepEqual(inputs, {
            tags,
            context: { location: context },
            dockerfile: { location: path.join(context, "Dockerfile") },
            network: "default",
            secrets: secret({ a: "b" }),
            buildArgs: { A: secret("c") },
            registries: [{ address: "r", password: secret("d") }],
        });
        assert.deepEqual(new Set(hiddenStrings(inputs)), new Set(["b", "c", "d"]));
    });

    const cases: [what: string, inputs: Properties, problems: string[]][] = [
        ["an unknown context", { tags, context: UNKNOWN }, []],
        ["an unknown Dockerfile", { tags, context: { location: context }, dockerfile: { location: UNKNOWN } }, []],
        ["arguments that the SDK sets", { tags, context: { location: context }, exec: false, load: false }, []],
        [
            "a Dockerfile elsewhere",
            {
                tags,
                context: { location: path.join(context, "other") },
                dockerfile: { location: path.join(context, "Dockerfile") },
            },
            [],
        ],
        [
            "a missing context",
            { tags, context: { location: "/nowhere" } },
            ['context.location: "/nowhere": not a valid directory'],
        ],
        [
            "a missing Dockerfile",
            { tags, context: { location: context }, dockerfile: { location: "/nowhere/Dockerfile" } },
            ["dockerfile.location: open /nowhere/Dockerfile: no such file or directory"],
        ],
        [
            "what only the official plugin can do",
            { tags, context: { location: context }, ssh: [{ id: "default" }] },
            [
                "ssh: is not supported by this stand-in for the docker-build provider; install the official plugin with " +
                    "`pulumi plugin install resource docker-build`",
            ],
        ],
    ];
    for (const [what, news, expected] of cases) {
        it(`${expected.length > 0 ? "refuses" : "accepts"} ${what}`, () => {
            assert.deepEqual(
                check(IMAGE_TYPE, news).failures.map(({ property, reason }) => `${property}: ${reason}`),
                expected,
            );
        });
    }
});

describe("docker-build provider: diff", () => {
    const context = temporary();
    write(context, { Dockerfile: "FROM scratch\n" });
    const registry = { address: "r", username: "u", password: "p" };
    const inputs: Properties = {
        tags: ["r/a:1"],
        context: { location: context },
        dockerfile: { location: path.join(context, "Dockerfile") },
        buildArgs: { A: "1" },
        registries: [registry],
    };
    const stateOf = async (): Promise<Properties> => ({
        ...inputs,
        digest: "sha256:d",
        ref: "r/a:1@sha256:d",
        contextHash: await contextHash(context, path.join(context, "Dockerfile")),
    });

    const cases: [string, Properties, Record<string, number>][] = [
        ["nothing", inputs, {}],
        ["empty arguments", { ...inputs, labels: {}, load: false, secrets: secret({}) }, {}],
        ["a build argument", { ...inputs, buildArgs: { A: secret("2") } }, { buildArgs: UPDATE }],
        ["a build argument that is not known", { ...inputs, buildArgs: UNKNOWN }, { buildArgs: UPDATE }],
        ["the tags", { ...inputs, tags: ["r/b:1"] }, { tags: UPDATE }],
        ["a password", { ...inputs, registries: [{ ...registry, password: secret("q") }] }, {}],
        ["a username", { ...inputs, registries: [{ ...registry, username: "v" }] }, { registries: UPDATE }],
        ["a registry that is removed", { ...inputs, registries: [] }, { registries: DELETE }],
        ["an added property", { ...inputs, target: "run" }, { target: ADD }],
        ["an unknown context", { ...inputs, context: { location: UNKNOWN } }, { context: UPDATE }],
    ];
    for (const [what, news, expected] of cases) {
        it(`with ${what}: ${JSON.stringify(expected)}`, async () => {
            assert.deepEqual(await diff(IMAGE_TYPE, await stateOf(), news), expected);
        });
    }

    it("with other content in the same place: an update", async () => {
        const state = await stateOf();
        write(context, { new: "" });
        assert.deepEqual(await diff(IMAGE_TYPE, state, inputs), { contextHash: UPDATE });
    });

    it("of an index with another tag: a replacement", async () => {
        const index = { tag: "r/a:1", sources: ["r/b@sha256:d"], registry };
        const news = { ...index, tag: "r/a:2", registry: { ...registry, password: "q" } };
        assert.deepEqual(await diff(INDEX_TYPE, { ...index, ref: "" }, news), { tag: UPDATE_REPLACE });
    });
});

describe("docker-build provider: preview", () => {
    const warnings: string[] = [];
    const log = { status: () => undefined, info: () => undefined, warning: (text: string) => warnings.push(text) };
    const preview = (inputs: Properties) =>
        apply(IMAGE_TYPE, inputs, { log, signal: new AbortController().signal, preview: true, env: {} });

    it("returns unknown outputs, and builds nothing", async () => {
        const inputs = { tags: ["r.io/a:1"], buildOnPreview: false };
        const unknown = { digest: UNKNOWN, contextHash: UNKNOWN, ref: UNKNOWN };
        assert.deepEqual(await preview(inputs), { id: "", state: { ...inputs, ...unknown } });
        assert.deepEqual(warnings, []);
        await preview({ tags: ["r.io/a:1"] });
        assert.match(warnings.join(), /does not build in previews$/);
    });
});

describe("docker-build provider: the command", () => {
    const image: Image = {
        tags: ["r.io/a:1", "r.io/a:2"],
        context: { location: "app" },
        dockerfile: { location: "app/Dockerfile" },
    };

    it("has every option, and hides the values of arguments and secrets", () => {
        const full: Image = {
            ...image,
            buildArgs: { TOKEN: "t", PATH: "/x", HTTPS_PROXY: "p" },
            target: "final",
            network: "host",
            addHosts: ["a:1.2.3.4"],
            labels: { a: "b" },
            secrets: { key: "s" },
            cacheTo: [{ registry: { ref: "r.io/c:1" } }],
        };
        const { args, env } = buildCommand(full, full.tags, "linux/arm64", ["r.io/c:1"], { PATH: "/bin" });
        assert.deepEqual(
            args,
            (
                "build --tag r.io/a:1 --tag r.io/a:2 --file app/Dockerfile --target final --platform linux/arm64 " +
                "--network host --cache-from r.io/c:1 --add-host a:1.2.3.4 --label a=b " +
                "--secret id=key,env=BUILD_SECRET_0 --build-arg BUILDKIT_INLINE_CACHE=1 --build-arg TOKEN " +
                "--build-arg PATH=/x --build-arg HTTPS_PROXY=p --progress plain app"
            ).split(" "),
        );
        assert.deepEqual(env, { TOKEN: "t", BUILD_SECRET_0: "s", DOCKER_BUILDKIT: "1" });
    });

    it("has no unneeded option", () => {
        const { args, env } = buildCommand(image, image.tags, undefined, [], {});
        assert.equal(args.join(" "), "build --tag r.io/a:1 --tag r.io/a:2 --file app/Dockerfile --progress plain app");
        assert.deepEqual(env, { DOCKER_BUILDKIT: "1" });
    });
});

describe("docker-build provider: failures", () => {
    const buildKit = [
        "#6 [2/3] COPY a /a",
        "#6 sha256:6f76",
        "#6 DONE 1.1s",
        "",
        "#7 [3/3] RUN echo one; exit 3",
        "#7 sha256:8aeb",
        "#7 0.249 one",
        "#7 0.250 ",
        "#7 ERROR: executor failed running [/bin/sh -c echo one; exit 3]: exit code: 3",
        "------",
        " > [3/3] RUN echo one; exit 3:",
        "------",
        "executor failed running [/bin/sh -c echo one; exit 3]: exit code: 3",
    ];
    const classic = [
        "Sending build context to Docker daemon  3.072kB",
        "Step 1/2 : FROM base",
        " ---> d986f90c5218",
        "Step 2/2 : RUN echo one; exit 3",
        " ---> Running in f1e2c757d9a8",
        "one",
        "The command '/bin/sh -c echo one; exit 3' returned a non-zero code: 3",
    ];
    for (const [builder, lines] of Object.entries({ buildKit, classic })) {
        it(`${builder}: a failed step, with its output`, () => {
            const expected = { step: "RUN echo one; exit 3", reason: "exit code 3", output: ["one"] };
            assert.deepEqual(failedStep(lines), expected);
        });
    }

    const others: [string, string[], ReturnType<typeof failedStep>][] = [
        [
            "BuildKit: a missing file",
            ["#4 [2/2] COPY x /a", '#4 ERROR: "/x" not found: not found'],
            { step: "COPY x /a", reason: '"/x" not found: not found', output: [] },
        ],
        [
            "buildx: a step",
            ["#5 [2/2] RUN false", '#5 ERROR: process "/bin/sh -c false" did not complete successfully: exit code: 1'],
            { step: "RUN false", reason: "exit code 1", output: [] },
        ],
        [
            "BuildKit: a Dockerfile that cannot be read",
            [
                "#1 DONE 0.0s",
                "failed to solve with frontend dockerfile.v0: failed to create LLB definition: dockerfile parse error line 2: unknown instruction: BLAH",
            ],
            { step: undefined, reason: "dockerfile parse error line 2: unknown instruction: BLAH", output: [] },
        ],
        [
            "classic: a base image that cannot be pulled",
            ["Step 1/1 : FROM localhost:5999/x", 'Get "http://localhost:5999/v2/": dial tcp: connection refused'],
            {
                step: "FROM localhost:5999/x",
                reason: 'Get "http://localhost:5999/v2/": dial tcp: connection refused',
                output: [],
            },
        ],
        ["no output", [], { step: undefined, reason: "no output", output: [] }],
    ];
    for (const [what, lines, expected] of others) {
        it(what, () => assert.deepEqual(failedStep(lines), expected));
    }

    it("the error is one line, followed by the last lines of output", () => {
        const noise = Array.from({ length: 30 }, (_, index) => `#7 0.1 line ${index}`);
        const { message } = buildError("r.io/a", [...noise, ...buildKit]);
        const [first, ...rest] = message.split("\n");
        assert.equal(first, "The build of r.io/a failed at RUN echo one; exit 3: exit code 3");
        assert.equal(rest.length, 10);
        assert.deepEqual(rest.slice(-2), ["  line 29", "  one"]);
    });

    it("an instruction of several lines is shown in one, without their indentation", () => {
        const { message } = buildError("a", ["#1 [1/1] RUN one     && two         --three", "#1 ERROR: exit code: 1"]);
        assert.equal(message, "The build of a failed at RUN one && two --three: exit code 1");
    });

    it("a long instruction is cut", () => {
        const [first] = buildError("a", [`#1 [1/1] RUN ${"x".repeat(500)}`, "#1 ERROR: exit code: 1"]).message.split(
            "\n",
        );
        assert.ok(first!.length < 220, first);
    });

    const registry: [string, RegExp][] = [
        [
            "unauthorized: authentication required",
            /^Error: The registry r\.io refused the push of r\.io\/a: unauth.*username/,
        ],
        ["denied: requested access to the resource is denied", /refused the push of r\.io\/a: denied/],
        ["received unexpected HTTP status: 403 Forbidden", /refused the push/],
        [
            'Error response from daemon: Get "http://r.io/v2/": dial tcp: connect: connection refused',
            /^Error: The registry r\.io cannot be reached for the push of r\.io\/a: Get "http.*Start it/,
        ],
        ["tag does not exist: r.io/a", /^Error: The push of r\.io\/a failed: tag does not exist/],
    ];
    for (const [line, expected] of registry) {
        it(`the registry says ${line}`, () => {
            const error = registryError("push", "r.io", "r.io/a", ["first", line, ""]);
            assert.match(String(error), expected);
            assert.equal(error.message.split("\n").length, 1);
        });
    }

    it("a daemon that does not answer is named", () => {
        const line = "Cannot connect to the Docker daemon at unix:///nope.sock. Is the docker daemon running?";
        assert.equal(
            daemonError("unix:///nope.sock", [line]).message,
            `The docker daemon at unix:///nope.sock cannot be reached: ${line} ` +
                "Start it, or set DOCKER_HOST to the address of one that runs",
        );
    });

    it("colors and progress bars are removed", () => {
        assert.equal(readable("\u001b[91mtwo\u001b[0m"), "two");
        assert.equal(readable("1 kB\r2 kB\r\r"), "2 kB");
    });
});

describe("docker-build provider: credentials", () => {
    it("the user's store is used for every server except the one of the login", () => {
        const config = {
            auths: { "a.io": {}, "b.io": {}, [DOCKER_HUB_KEY]: {} },
            credsStore: "desktop",
            credHelpers: { "c.io": "c" },
            currentContext: "mine",
        };
        assert.deepEqual(privateConfig(config, ["b.io"]), {
            currentContext: "mine",
            auths: {},
            credHelpers: { "a.io": "desktop", [DOCKER_HUB_KEY]: "desktop", "c.io": "c" },
        });
        assert.deepEqual(privateConfig(config, [undefined]).credHelpers, {
            "a.io": "desktop",
            "b.io": "desktop",
            "c.io": "c",
        });
    });

    it("without a store, the credentials in the file are kept", () => {
        assert.deepEqual(privateConfig({ auths: { "a.io": { auth: "x" } } }, ["b.io"]), {
            auths: { "a.io": { auth: "x" } },
            credHelpers: {},
        });
    });

    it("the directory is private, has the user's plugins, and is removed even after an error", async () => {
        const own = temporary();
        write(own, { "config.json": '{"currentContext":"mine"}', "cli-plugins/docker-x": "" });
        let directory = "";
        const work = withPrivateConfig({ DOCKER_CONFIG: own }, ["a.io"], (made) => {
            directory = made;
            assert.equal(statSync(made).mode & 0o777, 0o700);
            assert.equal(readlinkSync(path.join(made, "cli-plugins")), path.join(own, "cli-plugins"));
            const config = JSON.parse(readFileSync(path.join(made, "config.json"), "utf8")) as object;
            assert.deepEqual(config, { currentContext: "mine", auths: {}, credHelpers: {} });
            return Promise.reject(new Error("refused"));
        });
        await assert.rejects(work, /^Error: refused$/);
        assert.throws(() => statSync(directory), /ENOENT/);
        // The user's own files were only linked.
        assert.ok(statSync(path.join(own, "cli-plugins/docker-x")).isFile());
    });

    it("what a killed provider left behind is removed", async () => {
        const gone = mkdtempSync(path.join(tmpdir(), "pulumi-docker-999999999-"));
        await withPrivateConfig({ DOCKER_CONFIG: "/nowhere" }, [undefined], () => Promise.resolve());
        assert.throws(() => statSync(gone), /ENOENT/);
    });
});

describe("docker-build provider: configuration", () => {
    it("sets docker's variables", () => {
        assert.deepEqual(checkConfiguration({ host: "ssh://a", version: "0.0.22", __internal: {} }), []);
        assert.deepEqual(configurationEnv({ host: secret("ssh://a") }), { DOCKER_HOST: "ssh://a" });
        assert.deepEqual(configurationEnv({ host: UNKNOWN }), {});
    });

    it("refuses settings without effect", () => {
        const [failure, ...others] = checkConfiguration({ registries: "[]" });
        assert.equal(failure?.property, "registries");
        assert.match(
            failure.reason,
            /^is not supported by this stand-in .*`pulumi plugin install resource docker-build`/,
        );
        assert.deepEqual(others, []);
    });
});

describe("docker-build provider: the executable", () => {
    const elsewhere = temporary();
    const link = path.join(elsewhere, "pulumi-resource-docker-build");
    symlinkSync(path.join(standInDirectory, "pulumi-resource-docker-build"), link);
    let provider: ReturnType<typeof spawn>;
    let call: <Response>(method: string, request: object) => Promise<Response>;

    before(async function () {
        this.timeout(30_000);
        provider = spawn(link, ["127.0.0.1:9"], { cwd: elsewhere, stdio: ["ignore", "pipe", "inherit"] });
        const [port] = (await once(provider.stdout!, "data")) as [Buffer];
        // This module has no type declarations.
        // eslint-disable-next-line @typescript-eslint/no-require-imports
        const { ResourceProviderClient } = require("@pulumi/pulumi/proto/provider_grpc_pb") as {
            ResourceProviderClient: grpc.ServiceClientConstructor;
        };
        const client = new ResourceProviderClient(
            `127.0.0.1:${String(port).trim()}`,
            grpc.credentials.createInsecure(),
        );
        call = (method, request) =>
            new Promise((resolve, reject) => {
                const done = (error: grpc.ServiceError | null, response: unknown) =>
                    error ? reject(error) : resolve(response as never);
                (client[method] as unknown as (request: object, callback: typeof done) => void).call(
                    client,
                    request,
                    done,
                );
            });
    });
    after(() => provider.kill());

    it("has the version of the package that programs use", async () => {
        const info = await call<{ getVersion(): string }>("getPluginInfo", new Empty());
        assert.equal(info.getVersion(), sdkVersion());
        assert.match(sdkVersion(), /^\d+\.\d+\.\d+$/);
    });

    it("returns its schema", async () => {
        const response = await call<messages.GetSchemaResponse>("getSchema", new messages.GetSchemaRequest());
        assert.equal(response.getSchema(), schema(sdkVersion()));
        const { name, resources } = JSON.parse(response.getSchema()) as { name: string; resources: object };
        assert.equal(name, "docker-build");
        assert.deepEqual(Object.keys(resources), [IMAGE_TYPE, INDEX_TYPE]);
    });

    it("supports previews and accepts secrets", async () => {
        const response = await call<messages.ConfigureResponse>("configure", new messages.ConfigureRequest());
        assert.deepEqual([response.getSupportspreview(), response.getAcceptsecrets()], [true, true]);
    });

    it("refuses every other type", async () => {
        const request = new messages.CheckRequest();
        request.setUrn("urn:pulumi:s::p::a:b:C$docker-build:index:Builder::name");
        request.setNews(Struct.fromJavaScript({}));
        await assert.rejects(
            call("check", request),
            /docker-build:index:Builder is not supported: .* only docker-build:index:Image and docker-build:index:Index\. Install/,
        );
    });

    it("does not delete what others may use", async () => {
        const deletion = new messages.DeleteRequest();
        deletion.setUrn(`urn:pulumi:s::p::${IMAGE_TYPE}::name`);
        await assert.rejects(call("delete", deletion), /Deleting docker-build:index:Image .* is not supported/);
    });

    it("ends on a signal", async () => {
        const exit = once(provider, "exit");
        provider.kill("SIGTERM");
        await exit;
    });
});
