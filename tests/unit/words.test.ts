/**
 * Words of users reach the program unchanged: through the kubelet, which replaces references; through the shells of
 * Ray, Katib and KServe, which are real here; and through the template engines of Argo, Katib and KServe.
 */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import {
    BatchInference,
    LlmBackend,
    LlmServer,
    ModelServer,
    Notebook,
    Schedule,
    ScheduleBackend,
    ServerBackend,
    Sweep,
    SweepBackend,
    TrainingBackend,
    TrainingJob,
} from "../../src";
import { escapeReferences, shellCode } from "../../src/arguments/words";
import { workload } from "../support/arguments";
import type { Component } from "../support/components/fixture";
import { type Properties, run, Secret } from "../support/mocks";

/** Values in which a shell, a template engine or the kubelet would find something. */
const hostile = [
    "it's",
    'say "no"',
    "a; touch /tmp/x && `id` | $(id) &",
    "$HOME ${HOME} $$HOME $(HOME) $$(HOME) $",
    String.raw`C:\new\table \\ \$ \" \'`,
    "two\nlines\ttab",
    "{{ x }} {{workflow.name}} {{{{ }}}} {{=1+1}} {{`a`}}",
    "${trialParameters.rate} $${trialParameters.rate} ${trialParameters.nothing}",
    "* ? [a-z] ~ # ! <in >out é 漢",
    "-",
];

interface Container {
    name: string;
    command?: string[];
    args?: string[];
    env: { name: string; value?: string; valueFrom?: { secretKeyRef?: { key: string }; fieldRef?: object } }[];
}

/** What the program receives. */
interface Received {
    words: string[];
    env: Record<string, string>;
}

/** What the kubelet does with a string; see `src/arguments/words.ts` for the source. */
function expand(text: string, env: Record<string, string>): string {
    let result = "";
    for (let at = 0; at < text.length; at += 1) {
        const next = text[at + 1];
        const end = text.indexOf(")", at);
        if (text[at] !== "$" || next === undefined) {
            result += text[at];
        } else if (next === "$") {
            result += "$";
            at += 1;
        } else if (next === "(" && end > 0) {
            const name = text.slice(at + 2, end);
            result += env[name] ?? `$(${name})`;
            at = end;
        } else {
            result += `$${next}`;
            at += 1;
        }
    }
    return result;
}

/** Starts a container like the kubelet. */
function start({ command = [], args = [], env }: Container, secret: Record<string, string>): Received {
    const known: Record<string, string> = {};
    for (const { name, value, valueFrom } of env) {
        const { secretKeyRef } = valueFrom ?? {};
        known[name] = secretKeyRef ? secret[secretKeyRef.key]! : valueFrom ? `<${name}>` : expand(value ?? "", known);
    }
    return { words: [...command, ...args].map((word) => expand(word, known)), env: known };
}

/** The words that a shell passes to a program, given as code. */
function evaluate(code: string, env: Record<string, string>, shell = ["sh", "-c", `printf '%s\\0' ${code}`]): string[] {
    const output = execFileSync(shell[0]!, shell.slice(1), {
        encoding: "utf8",
        env: { ...env, PATH: process.env.PATH },
    });
    return output.split("\0").slice(0, -1);
}

/** Returns the first object with this field, however deep. */
function find(value: unknown, field: string): Properties | undefined {
    if (value === null || typeof value !== "object") {
        return undefined;
    }
    return field in value
        ? value
        : Object.values(value).reduce<Properties | undefined>((found, inner) => found ?? find(inner, field), undefined);
}

const programOf = (inputs: unknown): Container => {
    const { containers } = find(inputs, "containers") as { containers: Container[] };
    return containers[0]!;
};

const kubelet = (inputs: unknown, secret: Record<string, string>) => start(programOf(inputs), secret);

const json = (value: unknown): string =>
    JSON.stringify(value, (_, one: unknown) => (one instanceof Secret ? one.value : one));

interface Backend {
    component: Component;
    resource: string;
    args?: object;
    /** What happens between the object and the program. */
    receive: (inputs: unknown, secret: Record<string, string>) => Received;
    /** Whether its command is its own. */
    hasOwnCommand?: boolean;
}

const training = (backend?: TrainingBackend): object => ({ backend });
const sweep = { objective: { metric: "loss" }, grid: { rate: [0.1] } };
const cronWorkflow = { schedule: "@daily", backend: ScheduleBackend.CronWorkflow };
const llm = { model: "acme/llama", checkMemory: false };

const backends: Record<string, Backend> = {
    Job: { component: TrainingJob, resource: "fraud-job", receive: kubelet },
    JobSet: { component: TrainingJob, resource: "fraud-job", args: training("JobSet"), receive: kubelet },
    TrainJob: { component: TrainingJob, resource: "fraud-runtime", args: training("TrainJob"), receive: kubelet },
    RayJob: {
        component: TrainingJob,
        resource: "fraud-job",
        args: training(TrainingBackend.RayJob),
        receive(inputs, secret) {
            const { env } = kubelet(inputs, secret);
            const { entrypoint } = find(inputs, "entrypoint") as { entrypoint: string };
            return { words: evaluate(entrypoint, env), env };
        },
    },
    "an indexed Job": { component: Sweep, resource: "fraud-job", args: sweep, receive: kubelet },
    Experiment: {
        component: Sweep,
        resource: "fraud-experiment",
        args: { ...sweep, backend: SweepBackend.Katib },
        receive(inputs, secret) {
            const { trialTemplate } = find(inputs, "trialTemplate") as { trialTemplate: Properties };
            const parameters = trialTemplate["trialParameters"] as { name: string }[];
            const spec = parameters.reduce(
                (text, { name }) => text.replaceAll(`\${trialParameters.${name}}`, "test-value"),
                json(trialTemplate["trialSpec"]),
            );
            // Katib refuses an Experiment with others.
            assert.doesNotMatch(spec, /\$\{trialParameters\..+?\}/);
            const { words, env } = start(
                ((container) => ({
                    ...container,
                    command: [],
                    args: [[...(container.command ?? []), ...(container.args ?? [])].join(" ")],
                }))(programOf(JSON.parse(spec))),
                secret,
            );
            return { words: evaluate(words[0]!, env), env };
        },
    },
    "a Job of shards": {
        component: BatchInference,
        resource: "fraud-job",
        args: { inputUri: "s3://a", outputUri: "s3://b", shards: 1 },
        receive: kubelet,
    },
    CronJob: { component: Schedule, resource: "fraud-cronjob", args: { schedule: "@daily" }, receive: kubelet },
    CronWorkflow: {
        component: Schedule,
        resource: "fraud-cronworkflow",
        args: cronWorkflow,
        receive(inputs, secret) {
            const replaced = json(inputs).replaceAll("{{workflow.name}}", "fraud-1");
            assert.doesNotMatch(replaced, /\{\{/);
            const { container } = find(JSON.parse(replaced), "container") as { container: Container };
            return start(container, secret);
        },
    },
    StatefulSet: { component: Notebook, resource: "fraud-statefulset", args: { token: "t" }, receive: kubelet },
    Deployment: { component: ModelServer, resource: "fraud-deployment", receive: kubelet },
    InferenceService: {
        component: ModelServer,
        resource: "fraud-inferenceservice",
        args: { backend: ServerBackend.KServe },
        receive: kubelet,
    },
    "a Deployment of vLLM": {
        component: LlmServer,
        resource: "fraud-deployment",
        args: llm,
        receive: kubelet,
    },
    LeaderWorkerSet: {
        component: LlmServer,
        resource: "fraud-leaderworkerset",
        args: { ...llm, nodes: 2, backend: LlmBackend.LeaderWorkerSet },
        receive(inputs, secret) {
            const { words, env } = kubelet(inputs, secret);
            // The options of the nodes come last.
            return { words: words.slice(0, -3), env };
        },
    },
    LLMInferenceService: {
        component: LlmServer,
        resource: "fraud-inferenceservice",
        args: { ...llm, backend: LlmBackend.KServe },
        receive(inputs, secret) {
            // KServe reads all of it as a Go template.
            assert.doesNotMatch(json(inputs), /\{\{/);
            const { words, env } = kubelet(inputs, secret);
            // The end of KServe's script.
            const script = `eval "printf '%s\\\\0' $@"`;
            return { words: evaluate("", env, ["bash", "-c", script, "--", ...words]), env };
        },
        hasOwnCommand: true,
    },
};

describe("the words of a user", () => {
    for (const [what, { component, resource, args = {}, receive, hasOwnCommand }] of Object.entries(backends)) {
        it(`reach the program unchanged with ${what}`, async () => {
            const env = Object.fromEntries(hostile.map((value, index) => [`PLAIN_${index}`, value]));
            const secretEnv = Object.fromEntries(hostile.map((value, index) => [`SECRET_${index}`, value]));
            const program = ["/bin/a program", ...hostile.map(escapeReferences)];
            const words = [
                ...hostile.map(escapeReferences),
                ...Object.keys(secretEnv).map((name) => `--${name}=$(${name})`),
                ...Object.keys(env).map((name) => `$(${name})$(${name})'$$(${name})`),
                "$(NOTHING) $$(NOTHING) $$ $(",
            ];
            const recording = await run(
                () =>
                    new component("fraud", {
                        ...workload,
                        ...args,
                        ...(hasOwnCommand ? {} : { command: program }),
                        args: words,
                        env,
                        secretEnv,
                    }),
            );
            const received = receive(JSON.parse(json(recording.resource(resource).inputs)), secretEnv);
            const expected = [
                ...hostile,
                ...hostile.map((value, index) => `--SECRET_${index}=${value}`),
                ...hostile.map((value, index) => `${value}${value}'$(PLAIN_${index})`),
                "$(NOTHING) $(NOTHING) $ $(",
            ];
            assert.deepEqual(received.words.slice(-expected.length), expected);
            if (!hasOwnCommand) {
                assert.deepEqual(received.words.slice(0, program.length), ["/bin/a program", ...hostile]);
            }
            for (const [name, value] of Object.entries({ ...env, ...secretEnv })) {
                assert.equal(received.env[name], value, name);
            }
        });
    }

    it("are refused as the name of a model on KServe, which puts it into a shell command", async () => {
        const create = (more: object) =>
            run(() => new LlmServer("llama", { ...workload, ...llm, backend: LlmBackend.KServe, ...more }));
        for (const servedModelName of ["a;id", "$(id)", "a'b", "{{x}}"]) {
            await assert.rejects(create({ servedModelName }), /servedModelName is .* must consist of letters/);
            const loras = [{ name: servedModelName, uri: "acme/sql" }];
            await assert.rejects(create({ loras }), /loras\[0\]\.name is .* must consist of letters/);
        }
        await create({ servedModelName: "acme/llama-3.1:8B" });
    });

    it("are literal in URIs and in what else becomes the value of a variable", async () => {
        const uri = "s3://bucket/$(HOME)/$$";
        const recording = await run(() => {
            new BatchInference("b", {
                ...workload,
                model: uri,
                inputUri: uri,
                outputUri: `pvc://c/$(HOME)`,
                shards: 1,
            });
            new ModelServer("m", { ...workload, model: uri });
            new TrainingJob("t", { ...workload, output: { uri } });
            new Schedule("s", { ...workload, schedule: "@daily", output: { uri } });
            const tracking = { uri: "http://$(HOME)", experiment: "$$" };
            new Sweep("w", { ...workload, ...sweep, objective: { metric: "$(HOME)" }, tracking });
        });
        const env = (name: string) => kubelet(recording.resource(name).inputs, {}).env;
        const { INPUT_URI, OUTPUT_URI, MODEL_URI } = env("b-job");
        assert.deepEqual([INPUT_URI, MODEL_URI], [uri, uri]);
        assert.match(OUTPUT_URI!, /^pvc:\/\/c\/\$\(HOME\)\/b-\w+\/<RUN_UID>$/);
        const { volumeMounts } = programOf(recording.resource("b-job").inputs) as unknown as Properties;
        const output = (volumeMounts as { mountPath: string; subPathExpr?: string }[]).at(-1)!;
        assert.match(expand(output.subPathExpr!, { RUN_UID: "u" }), /^\$\(HOME\)\/b-\w+\/u$/);
        assert.equal(env("m-deployment").MODEL_URI, uri);
        assert.match(env("t-job").MODEL_URI!, /^s3:\/\/bucket\/\$\(HOME\)\/\$\$\/t-\w+\/<RUN_UID>$/);
        assert.equal(env("s-cronjob").MODEL_URI, `${uri}/<RUN_NAME>`);
        const { MLFLOW_TRACKING_URI, MLFLOW_EXPERIMENT_NAME } = env("w-job");
        assert.deepEqual([MLFLOW_TRACKING_URI, MLFLOW_EXPERIMENT_NAME], ["http://$(HOME)", "$$"]);
        assert.equal(env("w-best").METRIC, "$(HOME)");
    });

    it("are plain where they can be", () => {
        assert.equal(shellCode("--rate=0.1"), "--rate=0.1");
        assert.equal(shellCode("--rate=0.1", true), "'--rate=0.1'");
        assert.equal(shellCode(""), "''");
        assert.equal(shellCode("--uri=$(MODEL_URI)"), '--uri="${MODEL_URI-\\$(MODEL_URI)}"');
        assert.equal(escapeReferences("$HOME ${a} 5$"), "$HOME ${a} 5$");
    });
});
