Feature: Somebody deletes the Account

  Scenario: No money is deleted, and the customer is unmatched again
    Given the Account "Dogwood Toys"
    And the customer "Dogwood Shop" with the e-mail address "shop@dogwood.example"
    And the plan "Team" at 100 USD a month
    When "Dogwood Shop" subscribes to 1 x "Team"
    And an admin links the customer "Dogwood Shop" to the Account "Dogwood Toys"
    And 10 days pass
    And somebody deletes the Account "Dogwood Toys"
    And 21 days pass
    Then the customer "Dogwood Shop" shows:
      | Account        |          |
      | Lifetime Value | 200.00   |
      | Current ARR    | 1,200.00 |
