Feature: A card is declined twice

  Scenario: The second attempt changes the same Task
    Given the Account "Bellows Bikes" of rep "Rita"
    And the open Opportunity "Gears"
    And the plan "Team" at 60 USD a month
    When "Bellows Bikes" subscribes to 1 x "Team" for the Opportunity "Gears"
    And 15 days pass
    And the card of "Bellows Bikes" is declined from now on: insufficient funds
    And 16 days pass
    Then the Task is:
      | Closed | Dunning Status  |
      | no     | Retry scheduled |
    When 3 days pass
    Then the renewals are:
      | Status    | Payment Attempts | Next Retry Date |
      | Collected | 1                |                 |
      | Failed    | 2                | 2026-11-09      |
      | Upcoming  |                  |                 |
    And the Task is:
      | Closed | Dunning Status  |
      | no     | Retry scheduled |
    And the Account "Bellows Bikes" shows:
      | Failed Payments | 1     |
      | At-Risk MRR     | 60.00 |
