Feature: A trial that comes to nothing

  Scenario: A trial that ends without a card wins nothing and is no churn
    Given the Account "Graphic Design Institute"
    And the open Opportunity "Classroom"
    And the plan "Team" at 80 USD a month
    And the customer "Graphic Design Institute" without a card
    When "Graphic Design Institute" subscribes to 5 x "Team" for the Opportunity "Classroom", on trial for 14 days, ending when there is no card after the trial
    And 14 days pass
    Then the Opportunity "Classroom" is still open
    And the subscription to "Team" of "Graphic Design Institute" shows:
      | Status  | canceled |
      | Churned | no       |
    And there is no movement
    And there is no Contract
    And there is no revenue entry
