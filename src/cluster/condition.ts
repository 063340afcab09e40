/** A condition in the status of an object. */
export interface Condition {
    type: string;
    status: string;
    reason?: string;
    message?: string;
}

/** Returns the condition of a type if its status is "True". */
export function trueCondition(conditions: Condition[] | undefined, type: string): Condition | undefined {
    return conditions?.find((one) => one.type === type && one.status === "True");
}
