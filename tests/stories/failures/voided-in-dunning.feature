Feature: The invoice in dunning was wrong

  Scenario: Voiding it closes the Task
    Given the Account "Jungle Gyms" of rep "Rita"
    And the open Opportunity "Ropes"
    And the plan "Team" at 110 USD a month
    When "Jungle Gyms" subscribes to 1 x "Team" for the Opportunity "Ropes"
    And 15 days pass
    And the card of "Jungle Gyms" is declined from now on: insufficient funds
    And 16 days pass
    Then the Task is:
      | Closed |
      | no     |
    When the open invoice of "Jungle Gyms" is voided
    Then the renewals are:
      | Status    | In Dunning | Dunning Status |
      | Collected | no         |                |
      | Void      | no         | Voided         |
      | Upcoming  | no         |                |
    And the Task is:
      | Closed | Dunning Status |
      | yes    | Voided         |
