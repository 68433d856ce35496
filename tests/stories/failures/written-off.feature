Feature: The company gives up on an invoice

  Scenario: A written-off invoice is out of dunning, and its Task is closed
    Given the Account "Island Trading" of rep "Rita"
    And the open Opportunity "Spice"
    And the plan "Team" at 130 USD a month
    When "Island Trading" subscribes to 1 x "Team" for the Opportunity "Spice"
    And 15 days pass
    And the card of "Island Trading" is declined from now on: insufficient funds
    And 16 days pass
    Then the Task is:
      | Closed | Dunning Status  |
      | no     | Retry scheduled |
    When the open invoice of "Island Trading" is written off
    Then the renewals are:
      | Status    | In Dunning | Dunning Status |
      | Collected | no         |                |
      | Failed    | no         | Written off    |
      | Upcoming  | no         |                |
    And the Task is:
      | Closed | Dunning Status |
      | yes    | Written off    |
    And the Account "Island Trading" shows:
      | Failed Payments | 0    |
      | At-Risk MRR     | 0.00 |
