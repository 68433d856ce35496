Feature: The bank wants to see the customer

  Scenario: Nothing is retried until the customer authenticates
    Given the Account "Dragon Boats" of rep "Rita"
    And the open Opportunity "Oars"
    And the plan "Team" at 90 USD a month
    When "Dragon Boats" subscribes to 1 x "Team" for the Opportunity "Oars"
    And 15 days pass
    And the bank of "Dragon Boats" asks for authentication from now on
    And 16 days pass
    Then the renewals are:
      | Status    | In Dunning | Dunning Status           |
      | Collected | no         |                          |
      | Failed    | yes        | Waiting for the customer |
      | Upcoming  | no         |                          |
    And the Task is:
      | Closed | Dunning Status           |
      | no     | Waiting for the customer |
    When "Dragon Boats" authenticates the payment
    Then the Task is:
      | Closed |
      | yes    |
    And the Account "Dragon Boats" shows:
      | Lifetime Value  | 180.00  |
      | Failed Payments | 0       |
