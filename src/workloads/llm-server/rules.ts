import { duration } from "../../arguments/duration";
import { dnsSubdomain, integer, matching, oneOf, secretString, boolean } from "../../arguments/formats";
import { mapInputs } from "../../arguments/inputs";
import { list, object, plain, type Problems, required, rule, type Rule, type RulesOf } from "../../arguments/rules";
import { checkNameLength, checkWorkload, workloadFields } from "../../pod/args";
import { AccessMode, checkClaim, claimFields } from "../../pod/claim-args";
import { modelDir, modelProblem } from "../../pod/model-volume";
import type { OwnPaths } from "../../pod/mount-args";
import { routeRule } from "../../serving/route-args";
import { LlmBackend, type LlmServerArgs, type LoraArgs, type EndpointPickerArgs } from "./args";
import { lorasDir, reservedFlags } from "./command";
import { estimateFit } from "./estimate";
import { decides, factRules, size } from "./fact-rules";
import { pickFacts, areValid } from "./fit";
import { isHubId, isMounted, kserveNameProblem } from "./model-name";
import { cacheDir } from "./pods";

const loraRanks = [8, 16, 32, 64, 128, 256, 320, 512];

const modelName: Rule = matching(/^[^\s=,]+$/, 'it must be a non-empty name without spaces, commas and "="');

export const fields = {
    ...workloadFields,
    ...factRules,
    revision: matching(/^[-\w./]+$/, "it must be a branch, a tag or a commit"),
    servedModelName: modelName,
    huggingFaceToken: secretString,
    apiKey: secretString,
    maxNumSeqs: size,
    prefixCaching: boolean,
    toolCallParser: matching(/^[-\w]+$/, 'it must be the name of a vLLM tool call parser, such as "llama3_json"'),
    loras: list(
        required(
            object<LoraArgs>({
                name: required(modelName, "set the name of the adapter"),
                uri: required(
                    rule(loraProblem),
                    'set it to a model ID on Hugging Face, such as "acme/sql-lora", or pvc://<claim>/<directory>',
                ),
            }),
            "remove the entry or describe an adapter",
        ),
    ),
    maxLoraRank: rule((value) =>
        loraRanks.includes(value as number) ? undefined : `it must be one of ${loraRanks.join(", ")}`,
    ),
    maxLoras: integer(1, 1024),
    backend: plain(oneOf(Object.values(LlmBackend)), decides),
    replicas: integer(0, 10000),
    surge: boolean,
    cache: object(claimFields),
    startupTimeout: duration,
    shutdownTimeout: duration,
    route: routeRule,
    endpointPicker: object<EndpointPickerArgs>({
        service: required(dnsSubdomain, "set the name of the endpoint picker's Service, or remove endpointPicker"),
        port: integer(1, 65535),
        failOpen: boolean,
    }),
} satisfies RulesOf<LlmServerArgs>;

function loraProblem(uri: unknown): string | undefined {
    const isClaim = typeof uri === "string" && uri.startsWith("pvc://") && modelProblem(uri) === undefined;
    return isHubId(uri) || isClaim
        ? undefined
        : 'it must be a model ID on Hugging Face, such as "acme/sql-lora", or pvc://<claim>/<directory>';
}

/**
 * The longest name of a LeaderWorkerSet. The workers of group 10000 belong to a StatefulSet named `<name>-10000`, whose
 * pods have a label of that name, a hyphen and 10 more characters, within the 63 characters of a label.
 */
const longestGroupName = 46;

export function checkAcross(args: LlmServerArgs, problems: Problems, name: string): void {
    checkWorkload(args, problems, ownPaths(args));
    checkClaim(args.cache, "cache", problems);
    checkBackend(args, problems, name);
    checkSecrets(args, problems);
    checkFlags(args, problems);
    checkLoras(args, problems);
    const found = mapInputs(pickFacts(args), (facts) => (areValid(facts) ? estimateFit(facts).problems : []));
    if (Array.isArray(found)) {
        found.forEach(({ path, problem }) => problems.add(path, problem));
    }
}

/** Returns the paths at which the server, or KServe, mounts something itself. */
function ownPaths({ backend, model, loras, cache }: LlmServerArgs): OwnPaths {
    if (backend === LlmBackend.KServe) {
        const what = "a directory that KServe mounts";
        return { "/mnt/models": what, "/mnt/lora": what, "/models": what, "/home": what, "/var/run/kserve": what };
    }
    return {
        ...(!(typeof model === "string" && !isMounted(model)) && { [modelDir]: "the directory of the model" }),
        ...(loras !== undefined && { [lorasDir]: "the directory of the adapters" }),
        ...(cache !== undefined && { [cacheDir]: "the directory of the cache" }),
    };
}

function checkBackend(args: LlmServerArgs, problems: Problems, name: string): void {
    const { backend = LlmBackend.Deployment, nodes = 1, cache } = args;
    if (backend === LlmBackend.LeaderWorkerSet) {
        checkNameLength(args, name, longestGroupName, 'with backend "LeaderWorkerSet"', problems);
    }
    if (backend === LlmBackend.LeaderWorkerSet && nodes < 2) {
        problems.add(
            "nodes",
            `is ${nodes}; it must be at least 2 with backend "LeaderWorkerSet": set it, or remove backend`,
        );
    }
    if (backend !== LlmBackend.LeaderWorkerSet && nodes > 1) {
        problems.add(
            "nodes",
            `is ${nodes}; it must be 1 unless backend is "LeaderWorkerSet": set backend, or remove nodes`,
        );
    }
    if (nodes > 1 && cache && cache.claim === undefined && typeof (cache.accessMode ?? "") === "string") {
        if (cache.accessMode !== AccessMode.ReadWriteMany) {
            problems.add(
                "cache.accessMode",
                "must be ReadWriteMany when nodes is greater than 1, because pods on several nodes mount the volume",
            );
        }
    }
    if (backend === LlmBackend.KServe) {
        const unsupported: Partial<Record<keyof LlmServerArgs, string>> = {
            command: "KServe has its own command",
            cache: "KServe downloads the model itself",
            surge: "KServe decides how pods are replaced",
            endpointPicker: "KServe has its own endpoint picker",
            huggingFaceToken: "KServe uses the HF_TOKEN in a Secret of the workspace's service account",
        };
        for (const [field, reason] of Object.entries(unsupported)) {
            if (args[field as keyof LlmServerArgs] !== undefined) {
                problems.add(field, `is not supported with backend "KServe": ${reason}; remove it`);
            }
        }
        const names = { servedModelName: args.servedModelName, ...namesOfLoras(args) };
        for (const [path, given] of Object.entries(names)) {
            const problem = typeof given === "string" ? kserveNameProblem(given) : undefined;
            if (problem !== undefined) {
                problems.add(path, problem);
            }
        }
        for (const field of (["path", "timeout", "tls"] as const).filter((one) => args.route?.[one] !== undefined)) {
            problems.add(`route.${field}`, 'is not supported with backend "KServe": KServe sets it; remove it');
        }
        const partOf = "app.kubernetes.io/part-of";
        if (args.podLabels?.[partOf] !== undefined) {
            problems.add(
                `podLabels.${partOf}`,
                'is set by KServe with backend "KServe", which finds pods by it; remove it',
            );
        }
    }
}

const namesOfLoras = ({ loras = [] }: LlmServerArgs) =>
    Object.fromEntries(loras.map((lora, index) => [`loras[${index}].name`, lora?.name]));

/** The environment variables through which vLLM receives tokens. */
export const tokens = { huggingFaceToken: "HF_TOKEN", apiKey: "VLLM_API_KEY" } as const;

function checkSecrets(args: LlmServerArgs, problems: Problems): void {
    for (const [field, variable] of Object.entries(tokens)) {
        for (const place of ["env", "secretEnv"] as const) {
            if (args[field as keyof typeof tokens] !== undefined && variable in (args[place] ?? {})) {
                problems.add(`${place}.${variable}`, `cannot be combined with ${field}; remove one of them`);
            }
        }
    }
}

function checkFlags(args: LlmServerArgs, problems: Problems): void {
    (args.args ?? []).forEach((arg, index) => {
        const flag = typeof arg === "string" ? arg.replace(/=.*/s, "") : "";
        const field = reservedFlags[flag.startsWith("--") ? flag.replaceAll("_", "-") : flag];
        if (field !== undefined) {
            problems.add(`args[${index}]`, `is ${flag}; use the argument ${field} instead`);
        }
    });
}

function checkLoras(args: LlmServerArgs, problems: Problems): void {
    const loras = args.loras ?? [];
    const names = loras.map((lora) => lora?.name).filter((name) => typeof name === "string");
    for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) {
        problems.add("loras", `has two adapters named ${name}; give each adapter a different name`);
    }
    for (const field of (["maxLoraRank", "maxLoras"] as const).filter((one) => args[one] !== undefined)) {
        if (loras.length === 0) {
            problems.add(field, "is set without loras; remove it, or add an adapter to loras");
        }
    }
}
