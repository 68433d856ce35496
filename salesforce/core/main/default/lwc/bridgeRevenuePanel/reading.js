/** Reads what Lightning Data Service answers into what the panel shows. */

const HTTP = /^https?:\/\//i;

/** A field's value as Salesforce formats it for this person; null where there is none. */
export function cell(fields, name) {
    const field = fields?.[name];
    return field?.displayValue ?? field?.value ?? null;
}

/** Only a web address becomes a link: a formula or an import could have put anything there. */
function address(fields, name) {
    const value = fields?.[name]?.value;
    return value && HTTP.test(value) ? value : null;
}

function records(page) {
    return page?.records ?? [];
}

/** The Account's Stripe customers that can be opened in Stripe. */
export function links(page) {
    return records(page)
        .map(({ id, fields }) => ({ id, name: cell(fields, "Name"), url: address(fields, "Stripe_Link__c") }))
        .filter(({ url }) => url);
}

/** Invoices in dunning, each with what happens next in words and with its Task. */
export function failures(page) {
    return records(page).map(({ id, fields }) => {
        const retry = cell(fields, "Next_Retry_Date__c");
        const task = fields.Task_Id__c?.value ?? null;
        return {
            id,
            page: `/lightning/r/${id}/view`,
            name: cell(fields, "Invoice_Number__c") ?? cell(fields, "Name"),
            amount: cell(fields, "Amount_Remaining__c"),
            status: [cell(fields, "Dunning_Status__c"), retry && `next attempt ${retry}`]
                .filter(Boolean)
                .join(", "),
            reason: cell(fields, "Failure_Reason__c"),
            invoice: address(fields, "Invoice_Page__c"),
            task,
            taskPage: task && `/lightning/r/Task/${task}/view`,
        };
    });
}

/** The latest movements of money. */
export function payments(page) {
    return records(page).map(({ id, fields }) => ({
        id,
        page: `/lightning/r/${id}/view`,
        date: cell(fields, "Date__c"),
        kind: cell(fields, "Kind__c"),
        amount: cell(fields, "Amount__c") ?? "not in totals",
        url: address(fields, "Stripe_Link__c"),
    }));
}

/** What an error of Lightning Data Service says (its body is an object, a list, or missing). */
export function messageOf(error) {
    const bodies = [error?.body].flat().filter(Boolean);
    const words = bodies.map((body) => body.message).filter(Boolean);
    return words.join(" ") || error?.message || "The data could not be read.";
}
