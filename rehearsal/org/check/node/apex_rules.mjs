/**
 * The PMD rules for Apex, how grave each is, and why it is asked for. A rule is here when breaking
 * it does harm that neither the compiler nor a passing test shows; it is an error when the harm is
 * done in production, a warning when it is done to whoever reads on. Rules of taste are left out:
 * prettier settles layout, review settles names, length and complexity.
 *
 * Left out on purpose:
 * - ApexCRUDViolation wants user mode in every query. Code that runs as the Automated Process, or
 *   that keeps books which no user may write, runs in system mode by design; access is what
 *   permission sets and the words on sharing decide.
 * - ApexAssertionsShouldIncludeMessage and ApexUnitTestClassShouldHaveRunAs judge the form of a
 *   test and not what it proves.
 */
export const APEX_RULES = {
    // A trigger runs for up to 200 records at once: what is in a loop meets the limits at the 101st.
    OperationWithLimitsInLoop: "error",
    // Describes in loops eat the CPU time of a bulk load; an eager one loads every field and child.
    OperationWithHighCostInLoop: "warning",
    EagerlyLoadedDescribeSObjectResult: "warning",
    // A query without WHERE or LIMIT works until the table is large.
    AvoidNonRestrictiveQueries: "error",
    // A trigger's first record is not all of its records.
    AvoidDirectAccessTriggerMap: "error",

    // Text that somebody else wrote must not become a query.
    ApexSOQLInjection: "error",
    // A fixed key or vector is no secret, and neither is what is written into the source.
    ApexBadCrypto: "error",
    ApexSuggestUsingNamedCred: "error",
    AvoidHardcodedCredentialsInFieldDecls: "error",
    AvoidHardcodedCredentialsInVarAssign: "error",
    AvoidHardcodedCredentialsInVarDecls: "error",
    ApexInsecureEndpoint: "error",
    // Without a word on sharing a class takes its caller's, which differs by who calls.
    ApexSharingViolations: "error",

    // A fault that nobody hears of is worse than one that stops the run.
    EmptyCatchBlock: "error",
    EmptyTryOrFinallyBlock: "warning",
    EmptyIfStmt: "warning",
    EmptyWhileStmt: "warning",
    // An error must be found in a log by its level.
    DebugsShouldUseLoggingLevel: "warning",

    // What works here and not in another org: ids differ, unknown annotations are refused by newer
    // API versions, getters that Aura cannot see fail only in the browser.
    AvoidHardcodingId: "error",
    AvoidNonExistentAnnotations: "error",
    InaccessibleAuraEnabledGetter: "error",
    // A class named like one of the platform takes its place everywhere.
    TypeShadowsBuiltInNamespace: "error",
    // One without the other breaks sets and maps.
    OverrideBothEqualsAndHashcode: "error",
    // It looks like a constructor, and is none.
    MethodWithSameNameAsEnclosingClass: "warning",
    // A value that nobody reads is a forgotten step.
    UnusedLocalVariable: "warning",

    // Tests that cannot fail, that depend on the org's data, or that the platform no longer takes.
    ApexUnitTestClassShouldHaveAsserts: "error",
    ApexUnitTestShouldNotUseSeeAllDataTrue: "error",
    ApexUnitTestMethodShouldHaveIsTestAnnotation: "warning",
    TestMethodsMustBeInTestClasses: "error",
};
