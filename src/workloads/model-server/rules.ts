import { duration } from "../../arguments/duration";
import { absolutePath, boolean, imageRef, integer, oneOf } from "../../arguments/formats";
import { object, plain, type Problems, required, rule, type RulesOf } from "../../arguments/rules";
import { checkWorkload, workloadFields } from "../../pod/args";
import { checkClaim, claimFields } from "../../pod/claim-args";
import { modelDir, modelProblem } from "../../pod/model-volume";
import { autoscalingRule, checkAutoscaling } from "../../serving/autoscaling-args";
import { routeRule } from "../../serving/route-args";
import { type ModelServerArgs, ServerBackend, type ServerVariantArgs, type CanaryArgs, type ShadowArgs } from "./args";

const variantFields = {
    image: imageRef,
    command: workloadFields.command,
    args: workloadFields.args,
    env: workloadFields.env,
    model: rule(modelProblem),
    replicas: integer(0, 10000),
} satisfies RulesOf<ServerVariantArgs>;

export const fields = {
    ...workloadFields,
    model: rule(modelProblem),
    port: integer(1, 65535),
    replicas: integer(0, 10000),
    autoscaling: autoscalingRule,
    livenessPath: absolutePath,
    readinessPath: absolutePath,
    startupTimeout: duration,
    shutdownTimeout: duration,
    warmupPath: absolutePath,
    metrics: boolean,
    cache: object(claimFields),
    route: routeRule,
    canary: object<CanaryArgs>({
        ...variantFields,
        weight: required(integer(0, 100), "set the percentage of requests that it receives"),
    }),
    shadow: object<ShadowArgs>({ ...variantFields, percent: integer(1, 100) }),
    backend: plain(
        oneOf(Object.values(ServerBackend)),
        "it must be a plain value, because it decides which objects are created",
    ),
} satisfies RulesOf<ModelServerArgs>;

export function checkAcross(args: ModelServerArgs, problems: Problems): void {
    const hasModel = [args, args.canary, args.shadow].some((version) => version?.model !== undefined);
    checkWorkload(args, problems, hasModel ? { [modelDir]: "MODEL_DIR, the directory of the model" } : {});
    if (args.replicas !== undefined && args.autoscaling !== undefined) {
        problems.add(
            "replicas",
            "cannot be combined with autoscaling, which sets the number of pods; remove one of them",
        );
    }
    checkAutoscaling(args.autoscaling, problems);
    checkCache(args, problems);
    checkVariants(args, problems);
    if (args.backend === ServerBackend.KServe) {
        checkKServe(args, problems);
    }
}

function checkCache({ model, cache }: ModelServerArgs, problems: Problems): void {
    checkClaim(cache, "cache", problems);
    if (cache !== undefined && model === undefined) {
        problems.add(
            "cache",
            "is set without a model; set model to a URI that the container downloads, or remove cache",
        );
    }
    if (cache !== undefined && typeof model === "string" && /^(pvc|oci):/.test(model)) {
        problems.add("cache", `has no effect on ${model}, which is mounted and not downloaded; remove it`);
    }
}

function checkVariants(args: ModelServerArgs, problems: Problems): void {
    for (const part of ["canary", "shadow"] as const) {
        const variant = args[part];
        if (variant === undefined) {
            continue;
        }
        if (args.route === undefined) {
            problems.add(part, "is set without a route, which is what divides the requests; set route");
        }
        const { image, command, args: commandArgs, env, model } = variant;
        if ([image, command, commandArgs, env, model].every((one) => one === undefined)) {
            problems.add(part, "is the same version as the server; set its image, command, args, env or model");
        }
        for (const name of Object.keys(env ?? {}).filter((key) => key in (args.secretEnv ?? {}))) {
            problems.add(`${part}.env.${name}`, "is also set under secretEnv; remove one of them");
        }
    }
}

function checkKServe({ canary, shadow, autoscaling: scaling }: ModelServerArgs, problems: Problems): void {
    const problem = 'is not supported with backend "KServe"; remove it, or remove backend';
    for (const [part, value] of Object.entries({ canary, shadow })) {
        if (value !== undefined) {
            problems.add(part, problem);
        }
    }
    for (const field of ["queue", "triggers", "scaleDownAfter"] as const) {
        if (scaling?.[field] !== undefined) {
            problems.add(`autoscaling.${field}`, problem);
        }
    }
    const target = scaling?.targetCpuUtilization;
    if (typeof target === "number" && target > 100) {
        problems.add("autoscaling.targetCpuUtilization", `is ${target}; it must be at most 100 with backend "KServe"`);
    }
}
