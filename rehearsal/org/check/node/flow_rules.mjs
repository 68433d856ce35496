/**
 * The Flow scanner's rules, and why each. `ignore` says of which elements a rule says nothing here.
 *
 * Left out on purpose:
 * - GetRecordAllFields takes an element that asks for one field for one that asks for all.
 * - RecursiveAfterUpdate and SameRecordFieldUpdates forbid a record-triggered Flow to mark its own
 *   record as done. What it did can only be noted after it was done; entry conditions end it.
 * - UnsafeRunningContext forbids system mode without sharing, without which a subflow cannot note a
 *   fault where the user may not see the records of faults.
 * - TriggerOrder, APIVersion, FlowName, CyclomaticComplexity, AutoLayout: taste, or a convention of
 *   the house.
 */
export const FLOW_RULES = {
    // A fault without a path undoes everything in the transaction, and tells only the Flow's author.
    // A read that fails has written nothing: there the save must be refused, which is the default.
    MissingFaultPath: { severity: "error", ignore: ["recordLookups"] },
    // A Flow runs for up to 200 records at once; what is in a loop meets the governor limits.
    DMLStatementInLoop: { severity: "error" },
    SOQLQueryInLoop: { severity: "error" },
    ActionCallsInLoop: { severity: "error" },
    // Between two screens the user can go back, and then it is written twice.
    DuplicateDMLOperation: { severity: "error" },
    // A read that finds nothing gives null, and the next element that uses it faults.
    MissingNullHandler: { severity: "warning" },
    // Ids and addresses differ from org to org.
    HardcodedId: { severity: "error" },
    HardcodedUrl: { severity: "error" },
    // Whoever edits the Flow next must learn what it is for.
    FlowDescription: { severity: "warning" },
    // Leftovers mislead the next reader, and the inactive ones are switched on by mistake.
    UnconnectedElement: { severity: "warning" },
    UnusedVariable: { severity: "warning" },
    CopyAPIName: { severity: "warning" },
    InactiveFlow: { severity: "warning" },
    // Process Builder gets no more support, and its Flows run under older rules.
    ProcessBuilder: { severity: "warning" },
};
