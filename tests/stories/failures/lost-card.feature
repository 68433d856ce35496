Feature: A lost card

  Scenario: Retries would not run, so a new card is asked for
    Given the Account "Capsule Films" of rep "Rita"
    And the open Opportunity "Reel"
    And the plan "Team" at 80 USD a month
    When "Capsule Films" subscribes to 1 x "Team" for the Opportunity "Reel"
    And 15 days pass
    And the card of "Capsule Films" is declined from now on: lost card
    And 16 days pass
    Then the renewals are:
      | Status    | In Dunning | Dunning Status         |
      | Collected | no         |                        |
      | Failed    | yes        | Waiting for a new card |
      | Upcoming  | no         |                        |
    And the Task is:
      | Closed | Dunning Status         |
      | no     | Waiting for a new card |
    When 3 days pass
    And "Capsule Films" pays the open invoice with a new card
    Then the Task is:
      | Closed |
      | yes    |
    And the Account "Capsule Films" shows:
      | Customer Health | Healthy |
      | Lifetime Value  | 160.00  |
