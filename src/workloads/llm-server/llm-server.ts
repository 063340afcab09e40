import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import * as pulumi from "@pulumi/pulumi";

import { mapInput, mapInputs } from "../../arguments/inputs";
import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { withMetadata } from "../../pod/metadata-args";
import { llmServerNames, llmServerObjects } from "../../pod/names";
import { ownership } from "../../pod/ownership";
import { createRecord } from "../../pod/record";
import { createEnvironmentSecret, environmentSecretName } from "../../pod/secret";
import { patienceOf } from "../../serving/rollout";
import { createRoute } from "../../serving/route";
import { publicUrlOf } from "../../serving/route-args";
import { type ReadinessOptions, whenReady } from "../../serving/when-ready";
import { LlmBackend, type LlmEstimate, type LlmServerArgs } from "./args";
import { llmPort, servedModelName } from "./command";
import { buildLlmDeployment } from "./deployment";
import { buildLlmDisruptionBudget } from "./disruption-budget";
import { type LlmParallelism, resolveParallelism } from "./estimate";
import { resolveFit } from "./fit";
import { buildInferencePool } from "./inference-pool";
import { buildLlmLeaderWorkerSet } from "./leader-worker-set";
import { kserveServiceName, buildLlmInferenceService } from "./llm-inference-service";
import { type LlmContext, llmLabels, startupSeconds } from "./pods";
import { checkAcross, fields, tokens } from "./rules";
import { buildLlmService } from "./service";

/**
 * Serves a large language model with vLLM, behind an API that is compatible with OpenAI's.
 *
 * A preview shows how the model fits into the memory of the GPUs, and fails if it does not. Every change of the image, the
 * model or an option is a rolling update: a new pod becomes ready before an old one is deleted, which needs free GPUs
 * unless `surge` is false. Changing the name, the workspace's namespace or `backend` replaces the server.
 *
 * The image must contain vLLM 0.18 or newer, like the official `vllm/vllm-openai`.
 */
export class LlmServer extends pulumi.ComponentResource {
    /**
     * The base URL for OpenAI clients inside the cluster, for example "http://llama.ml.svc.cluster.local:8000/v1".
     */
    public readonly url: pulumi.Output<string>;
    /** The base URL outside the cluster, if the route has a hostname, for example "https://llm.example.com/v1". */
    public readonly publicUrl?: pulumi.Output<string>;
    /** The name of the model in requests. */
    public readonly modelName: pulumi.Output<string>;
    /** The name of the Service. */
    public readonly serviceName: pulumi.Output<string>;
    /** The estimated memory use of each GPU. */
    public readonly estimate: pulumi.Output<LlmEstimate>;

    constructor(name: string, args: LlmServerArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("LlmServer", name, args, fields, checkAcross);
        const owned = ownership("LlmServer", name, opts);
        const objectsName = checked.name ?? name;
        const llm = owned.claim(args, checked, llmServerObjects(objectsName));
        super("kubernetes-mlops:index:LlmServer", name, {}, withMetadata(owned.options, llm));

        const { backend = LlmBackend.Deployment } = llm;
        const { namespace } = llm.workspace;
        const labels = llmLabels(objectsName);
        const fit = resolveFit(name, llm, this);
        const { nodes = 1, tensorParallelSize, pipelineParallelSize, gpu } = llm;
        const parallelism = mapInputs(
            { nodes, tensorParallelSize, pipelineParallelSize, gpu: { count: gpu?.count } },
            resolveParallelism,
        );
        // If the fit depends on Outputs, so does the model: a server that does not fit then creates no pods.
        const model = pulumi.Output.isInstance(fit)
            ? pulumi.all([fit, llm.model]).apply(([, known]) => known)
            : llm.model;
        const server = withDefaults({ ...llm, model }, parallelism);
        const secret =
            server.secretEnv &&
            createEnvironmentSecret(
                name,
                {
                    secretName: environmentSecretName(
                        llmServerNames.secret(objectsName),
                        server.secretEnv,
                        namespace,
                        this,
                    ),
                    namespace,
                    labels,
                    values: server.secretEnv,
                },
                { parent: this },
            );
        const context: LlmContext = {
            parallelism,
            secretName: secret?.metadata.name,
            cache:
                llm.cache &&
                createClaim(
                    llmServerNames.cache(objectsName),
                    llm.cache,
                    { resource: `${name}-cache`, namespace, labels },
                    this,
                ),
            claimTemplate: createGpuClaimTemplate(name, llmServerNames.gpuClaim(objectsName), server, labels, this),
        };

        const target: LlmTarget =
            backend === LlmBackend.KServe
                ? createKServeServer(name, server, context, this)
                : createVllmServer(name, server, context, this);

        this.serviceName = pulumi.output(target.service);
        this.modelName = pulumi.output(servedModelName(objectsName, server));
        this.estimate = pulumi.output(mapInput(fit, ({ estimate }) => estimate));
        // Resources that use the URL wait for pods that are ready.
        this.url = pulumi
            .all([target.service, target.namespace])
            .apply(([host, known]) => `http://${host}.${known}.svc.cluster.local:${llmPort}/v1`);
        const publicUrl = publicUrlOf(llm.route);
        this.publicUrl =
            publicUrl &&
            pulumi
                .all([publicUrl, namespace])
                .apply(([base, known]) =>
                    backend === LlmBackend.KServe ? `${base}/${known}/${objectsName}/v1` : `${base}/v1`,
                );
        owned.check();
        this.registerOutputs({
            url: this.url,
            publicUrl: this.publicUrl,
            modelName: this.modelName,
            serviceName: this.serviceName,
            estimate: this.estimate,
        });
    }
}

/** Returns the arguments with their defaults, and the tokens as secret environment variables. */
function withDefaults(args: LlmServerArgs, parallelism: pulumi.Input<LlmParallelism>): LlmServerArgs {
    const given = Object.entries(tokens).flatMap(([field, variable]) => {
        const value = args[field as keyof typeof tokens];
        return value === undefined ? [] : [[variable, value] as const];
    });
    const secretEnv = { ...args.secretEnv, ...Object.fromEntries(given) };
    const gpus = mapInput(parallelism, (known) => known.gpus);
    const { nodes = 1 } = args;
    return {
        ...args,
        gpu: { ...args.gpu, count: gpus },
        resources: {
            cpu: "4",
            memory: "24Gi",
            // Shared memory takes only what is used, so it does no harm while the number of GPUs is unknown. On several
            // nodes each pod has more than one process, however many GPUs it has.
            ...((gpus !== 1 || nodes > 1) && { sharedMemory: "8Gi" }),
            ...args.resources,
        },
        runAsUser: args.runAsUser ?? 2000,
        ...(Object.keys(secretEnv).length > 0 && { secretEnv }),
    };
}

/** The Service of a server, which is known once its pods are ready. */
interface LlmTarget {
    service: pulumi.Input<string>;
    namespace: pulumi.Input<string>;
}

/** Creates the pods of a server as a Deployment or a LeaderWorkerSet, with its Service, budget, pool and route. */
function createVllmServer(name: string, args: LlmServerArgs, context: LlmContext, parent: pulumi.Resource): LlmTarget {
    const { nodes = 1, endpointPicker, route } = args;
    const server = args.name ?? name;
    const service = new core.Service(`${name}-service`, buildLlmService(server, args, nodes), { parent });
    // If another stack has a server of this name, the update fails here, before it changes that server's pods.
    const opts = { parent, dependsOn: service };
    const ready =
        args.backend === LlmBackend.LeaderWorkerSet
            ? whenReady(
                  new CustomResource(
                      `${name}-leaderworkerset`,
                      buildLlmLeaderWorkerSet(server, args, context, nodes),
                      opts,
                  ),
                  readinessOf(name, args, "LeaderWorkerSet", parent),
              )
            : whenReady(
                  new apps.Deployment(`${name}-deployment`, buildLlmDeployment(server, args, context), opts),
                  readinessOf(name, args, "Deployment", parent),
              );
    const budget = buildLlmDisruptionBudget(server, args);
    // So that what depends on the component waits until it is ready.
    new policy.PodDisruptionBudget(`${name}-pdb`, budget, { parent, dependsOn: ready });
    const pool =
        endpointPicker &&
        new CustomResource(`${name}-pool`, buildInferencePool(server, args, endpointPicker, nodes), { parent });
    if (route) {
        const backend = pool
            ? { service: pool.metadata.name, group: "inference.networking.k8s.io", kind: "InferencePool" }
            : { service: service.metadata.name };
        const target = {
            name: server,
            namespace: args.workspace.namespace,
            labels: llmLabels(server),
            backends: [{ ...backend, port: llmPort }],
            // vLLM checks the API key on /v1 but not on most other paths, such as /invocations.
            only: "/v1",
        };
        // A long response takes longer than the default timeout of Gateways.
        createRoute(name, { timeout: "10m", ...route }, target, parent, [ready]);
    }
    const { namespace } = args.workspace;
    return {
        service: pulumi.all([service.metadata.name, ready]).apply(([known]) => known),
        namespace: pulumi.all([namespace, ready]).apply(([known]) => known),
    };
}

/** Creates a server that KServe runs. */
function createKServeServer(
    name: string,
    args: LlmServerArgs,
    context: LlmContext,
    parent: pulumi.Resource,
): LlmTarget {
    const server = args.name ?? name;
    const { namespace } = args.workspace;
    const record = createRecord(name, llmServerNames.record(server), namespace, llmLabels(server), parent);
    const manifest = buildLlmInferenceService(server, args, context);
    const service = new CustomResource(`${name}-inferenceservice`, manifest, { parent, dependsOn: record });
    const ready = whenReady(service, readinessOf(name, args, "LLMInferenceService", parent));
    return {
        service: pulumi.all([service.metadata.name, ready]).apply(([known]) => kserveServiceName(known)),
        namespace: pulumi.all([namespace, ready]).apply(([known]) => known),
    };
}

/** Returns how the pods of a server are awaited. */
const readinessOf = (
    name: string,
    args: LlmServerArgs,
    kind: ReadinessOptions["kind"],
    parent: pulumi.Resource,
): ReadinessOptions => ({
    title: `LlmServer "${name}"`,
    parent,
    kind,
    patience: patienceOf(startupSeconds(args)),
});
