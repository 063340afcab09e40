/** The kinds of objects that keep the pods of a server running, and how their status is read. */
import type { Cluster } from "../cluster/client";
import { type Condition, trueCondition } from "../cluster/condition";
import { ifAllowed } from "../cluster/events";
import type { KubernetesObject } from "../cluster/pods";
import { serverNames } from "../pod/names";

/** A Deployment, StatefulSet or LeaderWorkerSet, or an object of which KServe makes a Deployment, as far as it is read. */
export interface Server extends KubernetesObject {
    spec?: { replicas?: number; selector?: { matchLabels?: Record<string, string> } };
    status?: {
        observedGeneration?: number;
        updatedReplicas?: number;
        readyReplicas?: number;
        /** StatefulSet: the newest version of its pods. */
        updateRevision?: string;
        conditions?: Condition[];
    };
}

/** The pods of the newest version of a server. */
export interface NewestPods {
    /** Their labels. */
    labels: Record<string, string>;
    /** Kind and name of the object that creates them, whose events say why it cannot. */
    creator: { kind: string; name: string };
}

/** How a kind of servers is read. */
export interface ServerKind {
    /** API group and version, and resource. */
    api: string;
    resource: string;
    /**
     * Returns whether all pods of the newest version are ready. A Deployment stays so if a pod fails later; the others do
     * not know whether their pods have been ready before.
     */
    isReady(server: Server): boolean;
    /** Returns whether Kubernetes has given up, if it ever does. */
    hasGivenUp?(server: Server): boolean;
    /** Finds the pods of the newest version; undefined if its controller has not got to it. */
    newest?(cluster: Cluster, server: Server): Promise<NewestPods | undefined>;
    /** Returns the name of the Deployment that a controller makes of it, and whose pods are those of the server. */
    deploymentOf?(server: Server): string;
}

const isObserved = ({ metadata, status }: Server): boolean =>
    (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);

const progressing = ({ status }: Server): Condition | undefined =>
    status?.conditions?.find(({ type }) => type === "Progressing");

const revision = "deployment.kubernetes.io/revision";

const selectorOf = ({ spec }: Server): Record<string, string> => spec?.selector?.matchLabels ?? {};

/** Returns a label selector for objects with all of these labels. */
export const labelSelector = (labels: Record<string, string>): string =>
    Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(",");

const isKServeReady = ({ status }: Server): boolean => trueCondition(status?.conditions, "Ready") !== undefined;

export const serverKinds = {
    Deployment: {
        api: "apis/apps/v1",
        resource: "deployments",
        isReady: (server) => isObserved(server) && progressing(server)?.reason === "NewReplicaSetAvailable",
        hasGivenUp: (server) => isObserved(server) && progressing(server)?.reason === "ProgressDeadlineExceeded",
        async newest(cluster, server) {
            const { namespace, annotations } = server.metadata;
            const path = `/apis/apps/v1/namespaces/${namespace}/replicasets`;
            const sets = await ifAllowed(
                cluster.list<KubernetesObject>(path, { labelSelector: labelSelector(selectorOf(server)) }),
            );
            const set = sets?.find(({ metadata }) => metadata.annotations?.[revision] === annotations?.[revision]);
            return (
                set && {
                    labels: set.metadata.labels ?? {},
                    creator: { kind: "ReplicaSet", name: set.metadata.name },
                }
            );
        },
    },
    StatefulSet: {
        api: "apis/apps/v1",
        resource: "statefulsets",
        isReady: (server) => isObserved(server) && countsAreReady(server),
        newest: (cluster, server) =>
            Promise.resolve(
                server.status?.updateRevision === undefined
                    ? undefined
                    : {
                          labels: { ...selectorOf(server), "controller-revision-hash": server.status.updateRevision },
                          creator: { kind: "StatefulSet", name: server.metadata.name },
                      },
            ),
    },
    LeaderWorkerSet: {
        api: "apis/leaderworkerset.x-k8s.io/v1",
        resource: "leaderworkersets",
        isReady: (server) => isObserved(server) && trueCondition(server.status?.conditions, "Available") !== undefined,
        async newest(cluster, { metadata: { name, namespace } }) {
            // Its own StatefulSet, which creates the leaders, has the newest version as a label.
            const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/${name}`;
            const leaders = await ifAllowed(cluster.get<KubernetesObject>(path));
            const hash = leaders?.metadata.labels?.[lwsRevision];
            return hash === undefined
                ? undefined
                : { labels: { [lwsName]: name, [lwsRevision]: hash }, creator: { kind: "StatefulSet", name } };
        },
    },
    InferenceService: {
        api: "apis/serving.kserve.io/v1beta1",
        resource: "inferenceservices",
        isReady: isKServeReady,
        deploymentOf: ({ metadata }) => serverNames.predictor(metadata.name),
    },
    LLMInferenceService: {
        api: "apis/serving.kserve.io/v1alpha2",
        resource: "llminferenceservices",
        isReady: isKServeReady,
        deploymentOf: ({ metadata }) => `${metadata.name}-kserve`,
    },
} satisfies Record<string, ServerKind>;

const lwsName = "leaderworkerset.sigs.k8s.io/name";
const lwsRevision = "leaderworkerset.sigs.k8s.io/template-revision-hash";

/** Returns whether as many pods of the newest version as wanted are ready. */
const countsAreReady = ({ spec, status }: Server): boolean => {
    const { replicas = 1 } = spec ?? {};
    return (status?.updatedReplicas ?? 0) >= replicas && (status?.readyReplicas ?? 0) >= replicas;
};
