import assert from "node:assert/strict";
import { spawn } from "node:child_process";
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

import { standInDirectory } from "../../local/offline/docker-provider";
import { buildCommand } from "../../local/offline/docker-provider/build";
import { check } from "../../local/offline/docker-provider/check";
import { checkConfiguration, configurationEnv } from "../../local/offline/docker-provider/configuration";
import { contextDigest, formatMode } from "../../local/offline/docker-provider/context";
import { DOCKER_HUB_KEY, privateConfig, withPrivateConfig } from "../../local/offline/docker-provider/credentials";
import { ADD, DELETE, diff, UPDATE } from "../../local/offline/docker-provider/diff";
import {
    buildError,
    daemonError,
    failedStep,
    readable,
    registryError,
} from "../../local/offline/docker-provider/failures";
import * as image from "../../local/offline/docker-provider/image";
import { apply } from "../../local/offline/docker-provider/provider";
import { credentialServer, parseReference } from "../../local/offline/docker-provider/reference";
import { schema } from "../../local/offline/docker-provider/schema";
import {
    plain,
    type Properties,
    secret,
    secretStrings,
    UNKNOWN,
    type Value,
} from "../../local/offline/docker-provider/values";
import { sdkVersion } from "../../local/offline/docker-provider/version";

/** A directory that is removed after the suite. */
function temporary(): string {
    const directory = realpathSync(mkdtempSync(path.join(tmpdir(), "docker-provider-test-")));
    after(() => rmSync(directory, { recursive: true }));
    return directory;
}

function write(directory: string, files: Record<string, string>): void {
    for (const [name, content] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
        writeFileSync(path.join(directory, name), content, { mode: 0o644 });
    }
}

describe("docker provider: property values", () => {
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

describe("docker provider: image references", () => {
    const digits = "x".repeat(129);
    const cases: [string, ReturnType<typeof parseReference>][] = [
        [
            "localhost:5001/team/app:v1",
            { registry: "localhost:5001", repository: "localhost:5001/team/app", tag: "v1" },
        ],
        ["localhost/app", { registry: "localhost", repository: "localhost/app", tag: undefined }],
        [
            "registry.example.com/a/b/c",
            { registry: "registry.example.com", repository: "registry.example.com/a/b/c", tag: undefined },
        ],
        ["[::1]:5000/app:1", { registry: "[::1]:5000", repository: "[::1]:5000/app", tag: "1" }],
        ["docker.io/library/python:3", { registry: "docker.io", repository: "python", tag: "3" }],
        ["docker.io/user/app", { registry: "docker.io", repository: "user/app", tag: undefined }],
        ["user/app:1", { registry: undefined, repository: "user/app", tag: "1" }],
        ["app", { registry: undefined, repository: "app", tag: undefined }],
        ["registry.example.com/App", undefined],
        ["registry.example.com/app:", undefined],
        [`registry.example.com/app:${digits}`, undefined],
        ["registry.example.com/app:a b", undefined],
        ["https://registry.example.com/app", undefined],
        ["", undefined],
    ];
    for (const [name, expected] of cases) {
        it(`${JSON.stringify(name.slice(0, 40))} ${expected ? "is valid" : "is refused"}`, () => {
            assert.deepEqual(parseReference(name), expected);
        });
    }

    const servers: [string | undefined, string, string | undefined][] = [
        [undefined, "localhost:5001/app", "localhost:5001"],
        ["https://registry.example.com/v2/", "app", "registry.example.com"],
        ["registry.example.com", "other.example.com/app", "registry.example.com"],
        [undefined, "docker.io/user/app", undefined],
        ["https://index.docker.io/v1/", "user/app", undefined],
        ["", "user/app", undefined],
    ];
    for (const [server, name, expected] of servers) {
        it(`the credentials for ${name} on ${server} are those of ${expected ?? "Docker Hub"}`, () => {
            assert.equal(credentialServer(server, name), expected);
        });
    }
});

describe("docker provider: the digest of a context", () => {
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
        chmodSync(path.join(context, "sub/run.sh"), 0o4755);
        mkdirSync(path.join(context, "empty"));
    });
    afterEach(() => rmSync(context, { recursive: true }));

    it("is the one that the official plugin computes", async () => {
        // Computed by a Go program with the steps of the official plugin.
        const expected = "df872fed3720ad867fb06ed214ae81449ee2ac4ec4ef75b6d612f7c0c7f51179";
        assert.equal(await contextDigest(context, dockerfile), expected);
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
        ["a file's time", false, () => write(context, { "b.txt": "b\n" })],
        ["an empty directory", false, () => mkdirSync(path.join(context, "another"))],
    ];
    for (const [what, counts, change] of changes) {
        it(`${counts ? "changes" : "does not change"} with ${what}`, async () => {
            const before = await contextDigest(context, dockerfile);
            change();
            assert.equal((await contextDigest(context, dockerfile)) !== before, counts);
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
            const before = await contextDigest(context, dockerfile);
            write(context, { [name]: "new" });
            assert.equal((await contextDigest(context, dockerfile)) !== before, counts);
        });
    }

    it("does not follow a symbolic link", async () => {
        write(context, { ".dockerignore": "target\n", target: "1" });
        symlinkSync("target", path.join(context, "link"));
        const before = await contextDigest(context, dockerfile);
        write(context, { target: "2" });
        assert.equal(await contextDigest(context, dockerfile), before);
    });

    it("counts a Dockerfile outside the context, but not its name", async () => {
        const outside = mkdtempSync(path.join(tmpdir(), "docker-outside-"));
        try {
            write(outside, { one: "FROM scratch\n", two: "FROM scratch\n", three: "FROM other\n" });
            const digest = (name: string) => contextDigest(context, path.join(outside, name));
            assert.equal(await digest("one"), await digest("two"));
            assert.notEqual(await digest("one"), await digest("three"));
        } finally {
            rmSync(outside, { recursive: true });
        }
    });

    it("names a broken symbolic link", async () => {
        symlinkSync("nowhere", path.join(context, "link"));
        await assert.rejects(contextDigest(context, dockerfile), /^Error: symbolic link .*link is broken \(ENOENT\)/);
    });

    const modes: [number, string][] = [
        [0, "----------"],
        [0o100644, "-rw-r--r--"],
        [0o104755, "urwxr-xr-x"],
        [0o102711, "grwx--x--x"],
        [0o101777, "trwxrwxrwx"],
        [0o120777, "Lrwxrwxrwx"],
        [0o010600, "prw-------"],
        [0o020600, "Dcrw-------"],
        [0o140700, "Srwx------"],
    ];
    for (const [mode, text] of modes) {
        it(`writes mode ${mode.toString(8)} as ${text}`, () => assert.equal(formatMode(mode), text));
    }
});

describe("docker provider: check", () => {
    const context = temporary();
    write(context, { Dockerfile: "FROM scratch\n", "other/Containerfile": "FROM scratch\n" });
    const imageName = "localhost:5001/app:1";
    const architecture = process.arch === "x64" ? "amd64" : process.arch;

    it("completes the inputs with defaults and the digest", async () => {
        const { inputs, failures, notes } = await check({ imageName, build: { context } });
        const dockerfile = path.join(context, "Dockerfile");
        assert.deepEqual(failures, []);
        assert.deepEqual(inputs, {
            imageName,
            buildOnPreview: false,
            build: {
                context,
                dockerfile,
                platform: `linux/${architecture}`,
                contextDigest: await contextDigest(context, dockerfile),
            },
        });
        assert.match(notes.join("\n"), /^Building for linux\/.*build\.platform/);
    });

    it("does not warn about a platform that is set", async () => {
        const { notes } = await check({ imageName, build: { context, platform: "linux/arm64" } });
        assert.deepEqual(notes, []);
    });

    it("computes no digest until context and Dockerfile are known", async () => {
        const builds: Value[] = [UNKNOWN, { context: UNKNOWN }, { context, dockerfile: UNKNOWN }];
        for (const build of builds) {
            const { inputs, failures } = await check({ imageName: UNKNOWN, build });
            assert.deepEqual(failures, []);
            assert.equal((inputs.build as Properties).contextDigest, undefined);
        }
    });

    it("keeps secrets secret, and marks the password as secret", async () => {
        const { inputs } = await check({
            imageName,
            build: { context, args: { TOKEN: secret("t"), OPEN: "o" }, platform: "linux/amd64" },
            registry: { server: "localhost:5001", username: "me", password: "p" },
            skipPush: secret(false),
        });
        assert.deepEqual((inputs.build as Properties).args, { TOKEN: secret("t"), OPEN: "o" });
        assert.deepEqual(inputs.registry, { server: "localhost:5001", username: "me", password: secret("p") });
        assert.deepEqual(inputs.skipPush, secret(false));
        assert.deepEqual(new Set(image.hiddenStrings(inputs)), new Set(["t", "p"]));
    });

    const relative = path.relative(process.cwd(), context);
    const cases: [string, Properties, string[]][] = [
        ["nothing", {}, ["imageName: is missing: set the name under which the image is pushed"]],
        [
            "wrong types",
            { imageName: 1, build: { args: { a: 1 }, addHosts: ["a", 2], target: [], cacheFrom: {} }, skipPush: "yes" },
            [
                "imageName: must be a string",
                "skipPush: must be true or false",
                "build.args: must be a map of strings",
                "build.target: must be a string",
                "build.addHosts: must be a list of strings",
            ],
        ],
        [
            "values that are not objects",
            { imageName, build: "context", registry: true },
            ["build: must be an object", "registry: must be an object"],
        ],
        [
            "an unknown builder",
            { imageName, build: { context, builderVersion: "2" } },
            ['build.builderVersion: "2" is not a builder: it must be BuilderV1 or BuilderBuildKit'],
        ],
        [
            "a missing context",
            { imageName, build: { context: "/nowhere" } },
            ["build.context: the build context /nowhere does not exist"],
        ],
        [
            "a missing Dockerfile",
            { imageName, build: { context, dockerfile: "/nowhere/Dockerfile" } },
            ["build.dockerfile: could not open dockerfile at absolute path /nowhere/Dockerfile: no such file"],
        ],
        [
            "a Dockerfile relative to the context",
            { imageName, build: { context: relative, dockerfile: "other/Containerfile" } },
            [
                "build.dockerfile: could not open dockerfile at relative path other/Containerfile: it is relative to " +
                    `the working directory; try setting build.dockerfile to ${relative}/other/Containerfile`,
            ],
        ],
        [
            "a name without a registry",
            { imageName: "user/app", build: { context } },
            [
                "imageName: user/app does not name the registry that it is pushed to; write it in full, for example " +
                    "docker.io/user/app, or set skipPush",
            ],
        ],
        [
            "an invalid name",
            { imageName: "localhost:5001/App", build: { context } },
            ['imageName: "localhost:5001/App" is not an image reference: [registry/]repository[:tag], in lowercase'],
        ],
        [
            "a name without a registry that is not pushed",
            { imageName: "user/app", build: { context }, skipPush: true },
            [],
        ],
        [
            "a name without a registry beside a server",
            { imageName: "user/app", build: { context }, registry: { server: "r.io" } },
            [],
        ],
        [
            "a Dockerfile that is elsewhere",
            {
                imageName,
                build: { context: path.join(context, "other"), dockerfile: path.join(context, "Dockerfile") },
            },
            [],
        ],
    ];
    for (const [what, news, expected] of cases) {
        it(`${expected.length > 0 ? "refuses" : "accepts"} ${what}`, async () => {
            const { failures } = await check(news);
            assert.deepEqual(
                failures.map(({ property, reason }) => `${property}: ${reason}`),
                expected,
            );
        });
    }
});

describe("docker provider: diff", () => {
    const registry = { server: "r", username: "u", password: "p" };
    const inputs = { imageName: "a", build: { contextDigest: "1", args: { A: "1" } }, registry };
    const state = image.state(inputs, { repoDigest: "d" });

    const cases: [string, Properties, Record<string, number>][] = [
        ["nothing", inputs, {}],
        ["the order of keys", { registry, build: { args: { A: "1" }, contextDigest: "1" }, imageName: "a" }, {}],
        ["the digest of the context", { ...inputs, build: { ...inputs.build, contextDigest: "2" } }, { build: UPDATE }],
        [
            "a digest that is not known",
            { ...inputs, build: { ...inputs.build, contextDigest: UNKNOWN } },
            { build: UPDATE },
        ],
        ["a build argument", { ...inputs, build: { ...inputs.build, args: { A: secret("2") } } }, { build: UPDATE }],
        ["the name", { ...inputs, imageName: "b" }, { imageName: UPDATE }],
        ["user and password", { ...inputs, registry: { ...registry, username: "x", password: "y" } }, {}],
        ["only a secret marker", { ...inputs, registry: secret({ ...registry, password: secret("p") }) }, {}],
        ["the registry's server", { ...inputs, registry: { ...registry, server: "s" } }, { registry: UPDATE }],
        ["a registry that is removed", { imageName: "a", build: inputs.build }, { registry: DELETE }],
        ["an added property", { ...inputs, skipPush: true }, { skipPush: ADD }],
    ];
    for (const [what, news, expected] of cases) {
        it(`with ${what}: ${JSON.stringify(expected)}`, () => {
            assert.deepEqual(diff(state, {}, news), expected);
        });
    }

    it("compares with the old inputs when the state has none, as after an import", () => {
        assert.deepEqual(diff({ repoDigest: "d" }, inputs, { ...inputs, imageName: "b" }), {
            imageName: UPDATE,
        });
    });
});

describe("docker provider: the state", () => {
    it("the outputs are secret where the inputs are, and the inputs as a whole", () => {
        const inputs = { imageName: secret("a"), build: { context: "." } };
        assert.deepEqual(image.state(inputs, { imageName: "a", context: "." }), {
            imageName: secret("a"),
            context: ".",
            __inputs: secret({ imageName: "a", build: { context: "." } }),
        });
    });

    it("the Dockerfile is relative to the context", () => {
        const build = { context: "app", dockerfile: "docker/Dockerfile", platform: "linux/amd64" };
        const parsed = image.parseImage({ imageName: "r.io/a:1", build, registry: { server: "r.io" } });
        assert.deepEqual(image.outputs(parsed), {
            baseImageName: "r.io/a:1",
            context: "app",
            dockerfile: "../docker/Dockerfile",
            imageName: "r.io/a:1",
            platform: "linux/amd64",
            registryServer: "r.io",
        });
    });
});

describe("docker provider: preview", () => {
    const warnings: string[] = [];
    const log = { status: () => undefined, info: () => undefined, warning: (text: string) => warnings.push(text) };
    const preview = (inputs: Properties) =>
        apply(inputs, {}, { log, signal: new AbortController().signal, preview: true });
    beforeEach(() => warnings.splice(0));

    it("returns only the inputs, so that everything else is unknown", async () => {
        const inputs = { imageName: "r.io/a", build: { context: "." }, buildOnPreview: false };
        assert.deepEqual(await preview(inputs), inputs);
        assert.deepEqual(warnings, []);
    });

    for (const unknown of [{ imageName: UNKNOWN }, { build: UNKNOWN }, { build: { args: { A: UNKNOWN } } }]) {
        it(`does not build with unknown inputs, and warns: ${Object.keys(unknown).join()}`, async () => {
            const inputs = { imageName: "r.io/a", build: { context: "." }, buildOnPreview: true, ...unknown };
            assert.deepEqual(await preview(inputs), inputs);
            assert.match(warnings.join("\n"), /^buildOnPreview is set, but .* the preview does not build the image\.$/);
        });
    }
});

describe("docker provider: the command", () => {
    const full: Properties = {
        imageName: "r.io/a:1",
        build: {
            context: "app",
            dockerfile: "app/Dockerfile",
            args: { TOKEN: "t", PATH: "/x", HTTPS_PROXY: "p" },
            target: "final",
            platform: "linux/arm64",
            network: "host",
            cacheFrom: { images: ["r.io/a:0", "r.io/b"] },
            addHosts: ["a:1.2.3.4"],
        },
    };

    it("has every option, and hides the values of arguments", () => {
        const { args, env } = buildCommand(image.parseImage(full), true, { PATH: "/bin" });
        assert.deepEqual(
            args,
            (
                "build --tag r.io/a:1 --file app/Dockerfile --target final --platform linux/arm64 --network host " +
                "--cache-from r.io/a:0 --cache-from r.io/b --add-host a:1.2.3.4 --build-arg TOKEN " +
                "--build-arg PATH=/x --build-arg HTTPS_PROXY=p --progress plain app"
            ).split(" "),
        );
        assert.deepEqual(env, { TOKEN: "t", DOCKER_BUILDKIT: "1" });
    });

    it("has no unneeded option", () => {
        const { args, env } = buildCommand(
            image.parseImage({ imageName: "r.io/a", build: { context: "app" } }),
            false,
            {},
        );
        assert.deepEqual(args, ["build", "--tag", "r.io/a", "--file", "app/Dockerfile", "app"]);
        assert.deepEqual(env, { DOCKER_BUILDKIT: "0" });
    });
});

describe("docker provider: failures", () => {
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

describe("docker provider: credentials", () => {
    it("the user's store is used for every server except the one of the login", () => {
        const config = {
            auths: { "a.io": {}, "b.io": {}, [DOCKER_HUB_KEY]: {} },
            credsStore: "desktop",
            credHelpers: { "c.io": "c" },
            currentContext: "mine",
        };
        assert.deepEqual(privateConfig(config, "b.io"), {
            currentContext: "mine",
            auths: {},
            credHelpers: { "a.io": "desktop", [DOCKER_HUB_KEY]: "desktop", "c.io": "c" },
        });
        assert.deepEqual(privateConfig(config, undefined).credHelpers, {
            "a.io": "desktop",
            "b.io": "desktop",
            "c.io": "c",
        });
    });

    it("without a store, the credentials in the file are kept", () => {
        assert.deepEqual(privateConfig({ auths: { "a.io": { auth: "x" } } }, "b.io"), {
            auths: { "a.io": { auth: "x" } },
            credHelpers: {},
        });
    });

    it("the directory is private, has the user's plugins, and is removed even after an error", async () => {
        const own = temporary();
        write(own, { "config.json": '{"currentContext":"mine"}', "cli-plugins/docker-x": "" });
        let directory = "";
        const work = withPrivateConfig({ DOCKER_CONFIG: own }, "a.io", (made) => {
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
        await withPrivateConfig({ DOCKER_CONFIG: "/nowhere" }, undefined, () => Promise.resolve());
        assert.throws(() => statSync(gone), /ENOENT/);
    });
});

describe("docker provider: configuration", () => {
    it("sets docker's variables", () => {
        const values = { host: "ssh://a", context: UNKNOWN, certPath: secret("/c"), version: "5.2.0", __internal: {} };
        assert.deepEqual(checkConfiguration(values), []);
        assert.deepEqual(configurationEnv(values), {
            DOCKER_HOST: "ssh://a",
            DOCKER_CERT_PATH: "/c",
            DOCKER_TLS_VERIFY: "1",
        });
    });

    it("refuses settings without effect", () => {
        const [failure, ...others] = checkConfiguration({ registryAuth: "[]" });
        assert.equal(failure?.property, "registryAuth");
        assert.match(failure.reason, /^is not supported by this stand-in .*`pulumi plugin install resource docker`/);
        assert.deepEqual(others, []);
    });
});

describe("docker provider: the executable", () => {
    const elsewhere = temporary();
    const link = path.join(elsewhere, "pulumi-resource-docker");
    symlinkSync(path.join(standInDirectory, "pulumi-resource-docker"), link);
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

    it("returns its schema, in which every reference is valid", async () => {
        const response = await call<messages.GetSchemaResponse>("getSchema", new messages.GetSchemaRequest());
        assert.equal(response.getSchema(), schema(sdkVersion()));
        const { name, types, resources } = JSON.parse(response.getSchema()) as {
            name: string;
            types: object;
            resources: object;
        };
        assert.equal(name, "docker");
        assert.deepEqual(Object.keys(resources), [image.IMAGE_TYPE]);
        const references = [...response.getSchema().matchAll(/"\$ref":"#\/types\/([^"]+)"/g)].map((match) => match[1]!);
        assert.deepEqual(new Set(references), new Set(Object.keys(types)));
    });

    it("supports previews and accepts secrets", async () => {
        const response = await call<messages.ConfigureResponse>("configure", new messages.ConfigureRequest());
        assert.deepEqual([response.getSupportspreview(), response.getAcceptsecrets()], [true, true]);
    });

    it("refuses every other type", async () => {
        const request = new messages.CheckRequest();
        request.setUrn("urn:pulumi:s::p::a:b:C$docker:index/container:Container::name");
        request.setNews(Struct.fromJavaScript({}));
        await assert.rejects(
            call("check", request),
            /docker:index\/container:Container is not supported: .* only docker:index\/image:Image\. Install/,
        );
    });

    it("deletes nothing and returns the given state when it reads", async () => {
        const urn = `urn:pulumi:s::p::${image.IMAGE_TYPE}::name`;
        const request = new messages.ReadRequest();
        request.setUrn(urn);
        request.setId("r.io/a");
        request.setProperties(Struct.fromJavaScript({ repoDigest: "d" }));
        const response = await call<messages.ReadResponse>("read", request);
        assert.equal(response.getId(), "r.io/a");
        assert.deepEqual(response.getProperties()?.toJavaScript(), { repoDigest: "d" });
        const deletion = new messages.DeleteRequest();
        deletion.setUrn(urn);
        await call("delete", deletion);
    });

    it("ends on a signal", async () => {
        const exit = once(provider, "exit");
        provider.kill("SIGTERM");
        await exit;
    });
});
