/** Pods and events, as the API server returns them and as far as they are read. */
import type { Condition } from "./condition";

interface ObjectMeta {
    name: string;
    namespace?: string;
    uid: string;
    generation?: number;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
}

/** Any object. */
export interface KubernetesObject {
    metadata: ObjectMeta;
}

export interface Pod extends KubernetesObject {
    spec?: { containers?: Container[]; initContainers?: Container[] };
    status?: {
        phase?: string;
        reason?: string;
        message?: string;
        conditions?: Condition[];
        initContainerStatuses?: ContainerStatus[];
        containerStatuses?: ContainerStatus[];
    };
}

export interface Container {
    name: string;
    image?: string;
    ports?: { name?: string; containerPort: number }[];
    startupProbe?: Probe;
    readinessProbe?: Probe;
}

export interface Probe {
    httpGet?: { path?: string; port?: number | string };
}

export interface ContainerStatus {
    name: string;
    image?: string;
    ready?: boolean;
    /** Whether its startup probe has succeeded, if it has one. */
    started?: boolean;
    restartCount?: number;
    state?: ContainerState;
    lastState?: ContainerState;
}

/** One of the three. */
export interface ContainerState {
    waiting?: { reason?: string; message?: string };
    running?: { startedAt?: string };
    terminated?: Terminated;
}

/** The end of a container; the message is the end of its log. */
export interface Terminated {
    exitCode: number;
    reason?: string;
    message?: string;
    startedAt?: string;
    finishedAt?: string;
}

export interface Event extends KubernetesObject {
    type?: string;
    reason?: string;
    message?: string;
    involvedObject: { kind?: string; name?: string; uid?: string };
    /** The first and the last time at which it was seen. Newer clients set eventTime and series instead. */
    firstTimestamp?: string | null;
    lastTimestamp?: string | null;
    eventTime?: string | null;
    series?: { lastObservedTime?: string } | null;
}

/** Returns the states of a pod's containers, init containers first. */
export const containersOf = ({ status }: Pod): ContainerStatus[] => [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
];

/** Returns the time of an object's field in milliseconds, or 0 if it is not set. */
export const timeOf = (time: string | null | undefined): number => (time ? Date.parse(time) : 0);

export const firstSeen = ({ firstTimestamp, eventTime }: Event): number => timeOf(firstTimestamp ?? eventTime);

export const lastSeen = (event: Event): number =>
    timeOf(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime);
