Feature: A card is declined, and works at the next attempt

  Scenario: One Task, kept up to date, and done when the money is there
    Given the Account "Alpine Bank" of rep "Rita"
    And the open Opportunity "Vault"
    And the plan "Team" at 500 USD a month
    When "Alpine Bank" subscribes to 2 x "Team" for the Opportunity "Vault"
    And 15 days pass
    And the card of "Alpine Bank" is declined from now on: insufficient funds
    And 16 days pass
    Then the renewals are:
      | Status    | In Dunning | Dunning Status  | Payment Attempts | Next Retry Date | Failure Reason       | At-Risk MRR |
      | Collected | no         |                 | 1                |                 |                      |             |
      | Failed    | yes        | Retry scheduled | 1                | 2026-11-04      | …insufficient funds… | 1,000.00    |
      | Upcoming  | no         |                 |                  |                 |                      |             |
    And the Account "Alpine Bank" shows:
      | Failed Payments | 1         |
      | At-Risk MRR     | 1,000.00  |
      | Customer Health | At Risk   |
      | Current ARR     | 12,000.00 |
      | Lifetime Value  | 1,000.00  |
    And the Opportunity "Vault" shows:
      | At-Risk MRR   | 1,000.00 |
      | Stripe Status | past_due |
    And the Task is:
      | Owner | Related To | Closed | Dunning Status  | Subject                    | Description                    |
      | Rita  | Vault      | no     | Retry scheduled | …Alpine Bank, USD 1,000.00… | …tries again on 4 November 2026… |
    And the notification is:
      | Title                      | To   |
      | Payment failed: Alpine Bank | Rita |
    When the card of "Alpine Bank" works again
    And 3 days pass
    Then the renewals are:
      | Status    | In Dunning | Dunning Status | Paid Date  |
      | Collected | no         |                | 2026-10-01 |
      | Collected | no         |                | 2026-11-04 |
      | Upcoming  | no         |                |            |
    And the Task is:
      | Owner | Closed |
      | Rita  | yes    |
    And the Account "Alpine Bank" shows:
      | Failed Payments | 0        |
      | At-Risk MRR     | 0.00     |
      | Customer Health | Healthy  |
      | Lifetime Value  | 2,000.00 |
    And there is no exception
