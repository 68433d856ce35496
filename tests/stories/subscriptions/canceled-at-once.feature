Feature: A customer leaves

  Scenario: Churn is dated, says why, and nothing more is expected
    Given the Account "Munson's Pickles"
    And the open Opportunity "Jars"
    And the plan "Team" at 70 USD a month
    When "Munson's Pickles" subscribes to 10 x "Team" for the Opportunity "Jars"
    And 10 days pass
    And "Munson's Pickles" cancels "Team" at once because it is missing features
    Then the subscription to "Team" of "Munson's Pickles" shows:
      | Status              | canceled           |
      | Churned             | yes                |
      | Ended Date          | 2026-10-11         |
      | Cancellation Reason | …missing_features… |
      | MRR                 | 0.00               |
    And the renewals are:
      | Billing Reason      | Status    | Amount Due |
      | subscription_create | Collected | 700.00     |
      |                     | Void      |            |
    And the movements are:
      | Kind  | Date       | Amount  |
      | New   | 2026-10-01 | 700.00  |
      | Churn | 2026-10-11 | -700.00 |
    And the Account "Munson's Pickles" shows:
      | Customer Health   | Churned |
      | Current ARR       | 0.00    |
      | ACV               | 0.00    |
      | Next Renewal Date |         |
      | Lifetime Value    | 700.00  |
    And the Opportunity "Jars" is won
