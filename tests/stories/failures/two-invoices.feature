Feature: Two months are not paid

  Scenario: A Task for each invoice, and the revenue at risk counts once
    Given the Account "Golden Gate Boats" of rep "Rita"
    And the open Opportunity "Bay"
    And the plan "Team" at 200 USD a month
    When "Golden Gate Boats" subscribes to 1 x "Team" for the Opportunity "Bay"
    And "Team" of "Golden Gate Boats" stays past due when no retry is left
    And 15 days pass
    And the card of "Golden Gate Boats" is declined from now on: insufficient funds
    And 31 days pass
    Then the renewals are:
      | Status    | In Dunning | Dunning Status  |
      | Collected | no         |                 |
      | Failed    | yes        | No more retries |
      | Upcoming  | no         |                 |
    When 15 days pass
    Then the renewals are:
      | Status    | In Dunning | Dunning Status  | At-Risk MRR |
      | Collected | no         |                 |             |
      | Failed    | yes        | No more retries | 200.00      |
      | Failed    | yes        | Retry scheduled | 200.00      |
      | Upcoming  | no         |                 |             |
    And the Tasks are:
      | Closed | Dunning Status  |
      | no     | No more retries |
      | no     | Retry scheduled |
    And the Account "Golden Gate Boats" shows:
      | Failed Payments | 2        |
      | At-Risk MRR     | 200.00   |
      | Current ARR     | 2,400.00 |
      | Customer Health | At Risk  |
